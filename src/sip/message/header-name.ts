/** Names with their usual spelling; the registry of RFC 3261 section 20 and of the extensions that we meet. */
const spellings = [
  'Accept',
  'Accept-Contact',
  'Accept-Encoding',
  'Accept-Language',
  'Alert-Info',
  'Allow',
  'Allow-Events',
  'Answer-Mode',
  'Authorization',
  'Call-ID',
  'Call-Info',
  'Contact',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Length',
  'Content-Type',
  'CSeq',
  'Date',
  'Diversion',
  'Error-Info',
  'Event',
  'Expires',
  'Flow-Timer',
  'From',
  'History-Info',
  'Identity',
  'In-Reply-To',
  'Max-Forwards',
  'MIME-Version',
  'Min-Expires',
  'Min-SE',
  'Organization',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Path',
  'P-Asserted-Service',
  'P-Associated-URI',
  'Priority',
  'Priv-Answer-Mode',
  'Privacy',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'Reason',
  'Record-Route',
  'Reject-Contact',
  'Refer-Sub',
  'Refer-To',
  'Referred-By',
  'Remote-Party-ID',
  'Replaces',
  'Request-Disposition',
  'Require',
  'Retry-After',
  'Route',
  'RSeq',
  'Server',
  'Service-Route',
  'Session-Expires',
  'Subject',
  'Subscription-State',
  'Supported',
  'Timestamp',
  'To',
  'Unsupported',
  'User-Agent',
  'Via',
  'Warning',
  'WWW-Authenticate',
] as const

/** RFC 3261 section 7.3.3 and the registry's later additions. */
const compactForms: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
}

/** Headers whose value is a comma-separated list (RFC 3261 section 7.3.1), so that one line may stand for several. */
const listHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-contact',
  'accept-encoding',
  'accept-language',
  'alert-info',
  'allow',
  'allow-events',
  'call-info',
  'contact',
  'content-encoding',
  'content-language',
  'diversion',
  'error-info',
  'in-reply-to',
  'history-info',
  'p-asserted-identity',
  'p-associated-uri',
  'p-preferred-identity',
  'path',
  'proxy-require',
  'reason',
  'record-route',
  'reject-contact',
  'require',
  'route',
  'service-route',
  'supported',
  'unsupported',
  'via',
  'warning',
])

/** Headers that decide whose message it is and where it ends: twice, and two readers might each take another one. */
const singleHeaders = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length', 'content-type']

/** What is known of a header's name. Known headers are one object each, and can be told apart by identity. */
export interface HeaderName {
  /** What all spellings have in common: lower case, the compact form made long. */
  readonly key: string
  /** As it goes on the wire: the usual spelling, or where the header is unknown the one it came with. */
  readonly spelling: string
  readonly isKnown: boolean
  /** Its value is a comma-separated list. */
  readonly isList: boolean
  /** One bit for each header that may stand in a message only once, otherwise 0. */
  readonly singleBit: number
}

const names = new Map<string, HeaderName>()
for (const spelling of spellings) {
  const key = spelling.toLowerCase()
  const single = singleHeaders.indexOf(key)
  const name = { key, spelling, isKnown: true, isList: listHeaders.has(key), singleBit: single < 0 ? 0 : 1 << single }
  names.set(spelling, name)
  names.set(key, name)
}
for (const [compact, key] of Object.entries(compactForms)) {
  const name = names.get(key)
  if (name === undefined) throw new Error(`${compact} is short for an unknown header`)
  names.set(compact, name)
  names.set(compact.toUpperCase(), name)
}

/** RFC 3261 section 7.3.1: names are compared without case; section 7.3.3: compact forms are the same header. */
export const headerName = (written: string): HeaderName => names.get(written) ?? lookUp(written)

/**
 * The name that stands in `text` from `start` to `end`. Names as nearly everybody writes them are found without being cut out and
 * hashed, which would be a fifth of the time that a message takes.
 */
export const headerNameAt = (text: string, start: number, end: number): HeaderName => {
  const candidates = usual[bucket(end - start, text.charCodeAt(start))]
  if (candidates !== undefined) {
    for (const name of candidates) if (text.startsWith(name.spelling, start)) return name
  }
  return headerName(text.slice(start, end))
}

const lookUp = (written: string): HeaderName => {
  const key = written.toLowerCase()
  return names.get(key) ?? { key, spelling: written, isKnown: false, isList: false, singleBit: 0 }
}

/** Known names by length and first letter: one or two in a place. */
const bucket = (length: number, firstLetter: number): number => length * 32 + (firstLetter & 31)
const usual: (HeaderName[] | undefined)[] = []
for (const spelling of spellings) {
  const place = bucket(spelling.length, spelling.charCodeAt(0))
  usual[place] = [...(usual[place] ?? []), headerName(spelling)]
}
