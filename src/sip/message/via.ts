import { type Parameters, parseParameters, serializeParameters } from './parameters.ts'
import { SipParseError } from './sip-parse-error.ts'
import { parseHostPort } from './uri.ts'

/** One Via element (RFC 3261 section 20.42). */
export interface Via {
  /** Upper case: `UDP`, `TCP`, `TLS`, `WS`, `WSS`. */
  readonly protocol: string
  readonly host: string
  readonly port?: number
  readonly params: Parameters
  readonly branch?: string
}

const sentProtocol = /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9-]+)\s+/i

export function parseVia(text: string): Via {
  const match = sentProtocol.exec(text)
  if (match === null) throw new SipParseError('Bad Via')
  const start = match[0].length
  const semicolon = text.indexOf(';', start)
  const params = semicolon === -1 ? none : parseParameters(text, semicolon + 1)
  const branch = params.get('branch')
  return {
    protocol: (match[1] as string).toUpperCase(),
    ...parseHostPort(semicolon === -1 ? text.slice(start) : text.slice(start, semicolon)),
    params,
    ...(branch !== undefined && { branch }),
  }
}

const none: Parameters = new Map()

export function serializeVia(via: Omit<Via, 'branch'>): string {
  const port = via.port === undefined ? '' : `:${via.port}`
  return `SIP/2.0/${via.protocol} ${via.host}${port}${serializeParameters(via.params)}`
}
