import { isIPv6 } from 'node:net'
import { SipParseError } from './sip-parse-error.ts'

export interface HostPort {
  readonly host: string
  readonly port?: number
}

/** A name or an IPv4 address; underscores stand in names that are no host names, but are used. */
const name = /^[A-Za-z0-9](?:[A-Za-z0-9.\-_]*[A-Za-z0-9.])?$/
const digits = /^\d{1,5}$/

/** `host`, `host:port`, `[v6]`, `[v6]:port` (RFC 3261 section 25.1), the host in lower case. Throws {@link SipParseError}. */
export const parseHostPort = (text: string): HostPort => {
  const colon = text.indexOf(':', text.indexOf(']') + 1)
  const host = (colon < 0 ? text : text.slice(0, colon)).trim().toLowerCase()
  if (!(name.test(host) || isReference(host))) throw new SipParseError('Bad Host')
  if (colon < 0) return { host }
  const given = text.slice(colon + 1).trim()
  const port = Number(given)
  if (!digits.test(given) || port > 65_535) throw new SipParseError('Bad Port')
  return { host, port }
}

const isReference = (host: string): boolean =>
  host.startsWith('[') && host.endsWith(']') && !host.includes('%') && isIPv6(host.slice(1, -1))
