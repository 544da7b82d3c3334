import { isIP } from 'node:net'

/** A range of addresses as `net.BlockList` takes it. */
export interface Network {
  readonly address: string
  readonly prefixLength: number
  readonly family: 'ipv4' | 'ipv6'
}

/** CIDR notation (RFC 4632 section 3.1), or one address; undefined if it is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...more] = text.split('/')
  const version = isIP(address)
  // A zone (`fe80::1%eth0`) names an interface of one machine: no network has one.
  if (version === 0 || address.includes('%') || more.length > 0) return undefined
  const longest = version === 4 ? 32 : 128
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined
  const prefixLength = Number(length ?? longest)
  return prefixLength > longest ? undefined : { address, prefixLength, family: version === 4 ? 'ipv4' : 'ipv6' }
}
