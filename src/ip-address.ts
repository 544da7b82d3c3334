import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'

/** What an IP address is by its number alone (RFC 6890, RFC 4291). `ordinary` holds public and private ones. */
export type AddressClass =
  | 'ordinary'
  | 'unspecified'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  | 'broadcast'
  | 'reserved'
  /** No IP address: a name, or nothing that can be read. */
  | 'unknown'

/** `host` may be written in any way: with brackets, a zone, or IPv4 as IPv6. */
export const classifyAddress = (host: string): AddressClass => {
  const address = plainAddress(host)
  if (isIPv4(address)) return classifyIPv4(address)
  return isIPv6(address) ? classifyIPv6(address) : 'unknown'
}

const classifyIPv4 = (address: string): AddressClass => {
  const [first = 0, second = 0] = address.split('.', 2).map(Number)
  // RFC 1122 section 3.2.1.3: "this network". Linux takes 0.0.0.0 for its own loopback.
  if (first === 0) return 'unspecified'
  if (first === 127) return 'loopback'
  if (first === 169 && second === 254) return 'link-local'
  if (first < 224) return 'ordinary'
  if (first < 240) return 'multicast'
  return address === '255.255.255.255' ? 'broadcast' : 'reserved'
}

const classifyIPv6 = (address: string): AddressClass => {
  const groups = ipv6Groups(address)
  const first = groups[0] as number
  if (groups.slice(0, 7).every((group) => group === 0)) return groups[7] === 1 ? 'loopback' : 'unspecified'
  if ((first & 0xff00) === 0xff00) return 'multicast'
  return (first & 0xffc0) === 0xfe80 ? 'link-local' : 'ordinary'
}

/** RFC 1918, RFC 6598 and RFC 4193: addresses that many networks use, each for itself. */
const privateNetworks = new BlockList()
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv4')
}
privateNetworks.addSubnet('fc00::', 7, 'ipv6')

/** Whether nobody beyond its own network, or its own machine, can mean this address. A name is none. */
export const isPrivateAddress = (host: string): boolean => {
  const address = plainAddress(host)
  switch (classifyAddress(address)) {
    case 'ordinary':
      return isIPv4(address) ? privateNetworks.check(address) : privateNetworks.check(address, 'ipv6')
    case 'unspecified':
    case 'loopback':
    case 'link-local':
      return true
    default:
      return false
  }
}

/**
 * Without brackets and zone, in the shortest form, and as IPv4 where an IPv6 address is only a way to write that: so that no form
 * gets around a rule. A name stays as it is.
 */
export const plainAddress = (host: string): string => {
  if (isIPv4(host)) return host
  const bare = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  return isIPv6(bare) ? (embeddedIPv4(ipv6Groups(bare)) ?? shortestAddress(bare)) : bare
}

/** IPv6 in the shortest form (RFC 5952), which sockets use; anything else as it is. */
export const shortestAddress = (host: string): string =>
  isIPv6(host) ? new SocketAddress({ address: host, family: 'ipv6' }).address : host

/** RFC 4291 section 2.5.5 (mapped, and the older compatible form), RFC 6052 (NAT64), RFC 3056 (6to4). */
const embeddedIPv4 = (groups: readonly number[]): string | undefined => {
  const startsWith = (...prefix: number[]): boolean => prefix.every((group, index) => groups[index] === group)
  const [high, low] = startsWith(0x2002) ? groups.slice(1, 3) : groups.slice(6)
  if (high === undefined || low === undefined) return undefined
  const isCompatible = startsWith(0, 0, 0, 0, 0, 0) && high !== 0
  const isEmbedded =
    isCompatible || startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0x64, 0xff9b, 0, 0, 0, 0) || startsWith(0x2002)
  return isEmbedded ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : undefined
}

/** The eight groups of a valid IPv6 address without a zone. */
export const ipv6Groups = (address: string): readonly number[] => {
  const quad = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const text =
    quad === null ? address : `${address.slice(0, quad.index)}${hexOf(quad[1], quad[2])}:${hexOf(quad[3], quad[4])}`
  const [head = '', tail] = text.split('::')
  const front = readGroups(head)
  const back = readGroups(tail ?? '')
  return [...front, ...Array<number>(tail === undefined ? 0 : 8 - front.length - back.length).fill(0), ...back]
}

const hexOf = (high: string | undefined, low: string | undefined): string =>
  (Number(high) * 256 + Number(low)).toString(16)

const readGroups = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
