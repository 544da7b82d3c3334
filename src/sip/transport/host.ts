import { isIP } from 'node:net'

/** An IP address as sockets write it: no brackets, IPv4 not mapped into IPv6. Anything else is left as it is. */
export const bareHost = (host: string): string => {
  if (host.startsWith('[') && host.endsWith(']')) return bareHost(host.slice(1, -1))
  return /^::ffff:/i.test(host) && isIP(host.slice(7)) === 4 ? host.slice(7) : host
}

export const isNumericHost = (host: string): boolean => isIP(host) !== 0

export const isLoopback = (host: string): boolean =>
  (host.startsWith('127.') && isIP(host) === 4) || host === '::1' || host === 'localhost'

export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

export const isIPv6 = (host: string): boolean => host.includes(':')
