import { malformed, type SdpError } from './sdp-error.ts'

/** Values of `a=` lines by lower-case name, in order; a flag such as `sendonly` has one empty value. */
export type SdpAttributes = ReadonlyMap<string, readonly string[]>

/** One `m=` line and the lines that belong to it. */
export interface SdpStream {
  /** `audio`, `video`, `image` and so on. */
  readonly type: string
  readonly port: number
  /** `RTP/AVP`, `UDP/TLS/RTP/SAVPF` and so on. */
  readonly protocol: string
  readonly formats: readonly string[]
  /** Address or name of this stream's `c=` line. */
  readonly host?: string
  readonly attributes: SdpAttributes
}

export interface SdpSession {
  /** Address or name of the session's `c=` line. */
  readonly host?: string
  readonly attributes: SdpAttributes
  readonly streams: readonly SdpStream[]
}

export type ParsedSdp = { readonly ok: true; readonly session: SdpSession } | SdpError

/** Longer bodies are no phone's; they are not read. */
const maximumLength = 16_384
/** Every stream must be answered (RFC 3264 section 6), so a stranger may not name any number of them. */
const maximumStreams = 32

interface Section {
  host?: string
  readonly attributes: Map<string, string[]>
}

/**
 * SDP as data. Whatever the text, the result is a value. Read is what we use, and nothing else can spoil a call: `o=`, `s=`, `t=`
 * and unknown lines may be missing or odd, lines may end in any way and carry spaces at their ends.
 */
export const parseSdp = (text: string): ParsedSdp => {
  if (text.length > maximumLength) return malformed(`longer than ${maximumLength} characters`)
  const session: Section = { attributes: new Map() }
  const streams: (Section & Omit<SdpStream, 'host' | 'attributes'>)[] = []
  let section: Section = session
  for (const line of text.split(/\r\n|\n|\r/)) {
    const trimmed = line.trim()
    if (trimmed[1] !== '=') continue
    const value = trimmed.slice(2).trim()
    switch (trimmed[0]?.toLowerCase()) {
      case 'v':
        if (value !== '0') return malformed('its version is not 0')
        break
      case 'm': {
        const stream = parseStream(value)
        if (stream === undefined) return malformed('an m= line is unreadable')
        if (streams.length === maximumStreams) return malformed(`more than ${maximumStreams} m= lines`)
        section = { ...stream, attributes: new Map() }
        streams.push(section as (typeof streams)[number])
        break
      }
      case 'c':
        section.host ??= parseConnection(value)
        break
      case 'a':
        addAttribute(section.attributes, value)
    }
  }
  return streams.length === 0 ? malformed('no m= line') : { ok: true, session: { ...session, streams } }
}

/** `audio 4000/1 RTP/AVP 8 0`: the number of ports behind the slash is for layered streams, of which we take the first. */
const parseStream = (value: string): Omit<SdpStream, 'attributes'> | undefined => {
  const [type = '', ports = '', protocol, ...formats] = value.split(/\s+/)
  const port = /^(\d{1,5})(\/\d+)?$/.exec(ports)?.[1]
  const isReadable = protocol !== undefined && [type, protocol, ...formats].every((field) => /^[!-~]+$/.test(field))
  return port !== undefined && isReadable
    ? { type: type.toLowerCase(), port: Number(port), protocol, formats }
    : undefined
}

/** `IN IP4 192.0.2.1`; a multicast address carries a TTL behind a slash. Empty where it is none of this. */
const parseConnection = (value: string): string => {
  const host = /^(?:IN\s+)?IP[46]\s+\[?([^\s/\]]+)/i.exec(value)?.[1]
  return host ?? ''
}

const addAttribute = (attributes: Map<string, string[]>, value: string): void => {
  const colon = value.indexOf(':')
  const name = (colon < 0 ? value : value.slice(0, colon)).trim().toLowerCase()
  const values = attributes.get(name)
  const added = colon < 0 ? '' : value.slice(colon + 1).trim()
  if (values === undefined) attributes.set(name, [added])
  else values.push(added)
}
