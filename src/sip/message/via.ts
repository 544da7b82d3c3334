import { parseHostPort } from './host-port.ts'
import { noParameters, type Parameters, parseParameters, serializeParameters } from './parameters.ts'
import { SipParseError } from './sip-parse-error.ts'
import { isIdentifier } from './token.ts'

/** One Via element (RFC 3261 section 20.42). */
export interface Via {
  /** Upper case: `UDP`, `TCP`, `TLS`, `WS`, `WSS`. */
  readonly protocol: string
  /** Lower case; an IPv6 reference keeps its brackets. */
  readonly host: string
  readonly port?: number
  readonly params: Parameters
  readonly branch?: string
}

const usual = /^SIP\/2\.0\/(UDP|TCP|TLS|WSS?) +/
/** White space may stand around the slashes (RFC 3261 section 25.1, SLASH), and the transport may be any token. */
const sentProtocol = /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9\-.!%*_+`'~]+)\s+/i

/** Throws {@link SipParseError}. */
export const parseVia = (text: string): Via => {
  const match = usual.exec(text) ?? sentProtocol.exec(text)
  if (match === null) throw new SipParseError('Bad Via')
  const start = match[0].length
  const semicolon = text.indexOf(';', start)
  const { host, port } = parseHostPort(text.slice(start, semicolon < 0 ? text.length : semicolon))
  const params = semicolon < 0 ? noParameters : parseParameters(text, semicolon + 1)
  const via: { -readonly [key in keyof Via]: Via[key] } = { protocol: (match[1] as string).toUpperCase(), host, params }
  if (port !== undefined) via.port = port
  const branch = params.get('branch')
  if (params.has('branch')) {
    if (branch === undefined || !isIdentifier(branch)) throw new SipParseError('Bad Branch')
    via.branch = branch
  }
  return via
}

export const serializeVia = (via: Omit<Via, 'branch'>): string => {
  const port = via.port === undefined ? '' : `:${via.port}`
  return `SIP/2.0/${via.protocol} ${via.host}${port}${serializeParameters(via.params)}`
}
