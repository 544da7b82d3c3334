import { isIP, SocketAddress } from 'node:net'

/** An IP address as sockets write it: no brackets, IPv4 not mapped into IPv6. Anything else is left as it is. */
export const bareHost = (host: string): string => {
  if (host.startsWith('[') && host.endsWith(']')) return bareHost(host.slice(1, -1))
  return host.startsWith('::ffff:') && isIP(host.slice(7)) === 4 ? host.slice(7) : host
}

/** One spelling for each address: IPv6 has many (RFC 5952). A name in lower case. */
export const canonicalHost = (host: string): string => {
  const bare = bareHost(host)
  return isIP(bare) === 6 ? new SocketAddress({ address: bare, family: 'ipv6' }).address : bare.toLowerCase()
}

export const isNumericHost = (host: string): boolean => isIP(host) !== 0

export const isLoopback = (host: string): boolean =>
  (host.startsWith('127.') && isIP(host) === 4) || host === '::1' || host === 'localhost'

export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

export const isIPv6 = (host: string): boolean => host.includes(':')
