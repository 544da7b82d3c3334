import { isIPv4, isIPv6 } from 'node:net'

/**
 * What stands for one client when strangers are counted: an IPv4 address, or the /64 of an IPv6 address, all of which one subscriber
 * has (RFC 6177 section 2). IPv4 that an IPv6 socket saw (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) is IPv4.
 */
export function addressBlock(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined || isIPv4(address) || !isIPv6(address)) return mapped ?? address
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const [before, after] = [groups(head), groups(tail)]
  // An IPv4 address at the end stands for two groups, none of which is among the first four.
  const length = before.length + after.length + (/\./.test(address) ? 1 : 0)
  const zeros = address.includes('::') ? Array.from({ length: 8 - length }, () => '0') : []
  const firstHalf = [...before, ...zeros, ...after].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${firstHalf.join(':')}::/64`
}

/** The addresses among which a carrier's NAT may change one from packet to packet: an IPv4 /24, an IPv6 /64. */
export const networkOf = (address: string): string => addressBlock(address).replace(/^(\d+\.\d+\.\d+)\.\d+$/, '$1.0/24')
