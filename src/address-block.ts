import { isIPv6 } from 'node:net'
import { ipv6Groups, plainAddress } from './ip-address.ts'

/**
 * What stands for one client when strangers are counted: an IPv4 address, in whatever form it is written, or the /64 of an IPv6
 * address, all of which one subscriber has (RFC 6177 section 2).
 */
export function addressBlock(address: string): string {
  const plain = plainAddress(address)
  if (!isIPv6(plain)) return plain
  const network = ipv6Groups(plain).slice(0, 4)
  return `${network.map((group) => group.toString(16)).join(':')}::/64`
}

/** The addresses among which a carrier's NAT may change one from packet to packet: an IPv4 /24, an IPv6 /64. */
export const networkOf = (address: string): string => addressBlock(address).replace(/^(\d+\.\d+\.\d+)\.\d+$/, '$1.0/24')
