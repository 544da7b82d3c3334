import { BlockList, isIPv6 } from 'node:net'
import { parseNetwork } from '../directory/network.ts'

/** From where something may be used; absent is from everywhere. */
export interface AllowedOrigins {
  /** Host names that a client may ask for, in lower case. */
  readonly hosts?: readonly string[] | undefined
  /** Networks that it may ask from: CIDR, or one address. */
  readonly networks?: readonly string[] | undefined
}

/** Whether a client at this address, which asked for this host name, may use it. Both must be allowed where both are named. */
export function mayBeUsedFrom(
  { hosts, networks }: AllowedOrigins,
  from: { readonly address: string; readonly host: string },
): boolean {
  return (
    (hosts === undefined || hosts.includes(nameOf(from.host))) &&
    (networks === undefined || holds(networks, from.address))
  )
}

/** RFC 3986 section 3.2.2: case says nothing, and neither does the dot of the root. */
const nameOf = (host: string): string => host.toLowerCase().replace(/\.$/, '')

/** What is no address is in no network. An IPv4 address that a socket for both kinds shows as `::ffff:…` is in IPv4's. */
const holds = (networks: readonly string[], address: string): boolean =>
  isIPv6(address)
    ? // RFC 4007 section 11: behind the percent sign stands by which interface it is reached.
      listOf(networks).check(address.replace(/%.*$/, ''), 'ipv6')
    : listOf(networks).check(address, 'ipv4')

/** Each list of the configuration is read once. */
const lists = new WeakMap<readonly string[], BlockList>()

function listOf(networks: readonly string[]): BlockList {
  let list = lists.get(networks)
  if (list === undefined) {
    list = new BlockList()
    for (const text of networks) {
      const network = parseNetwork(text)
      if (network !== undefined) list.addSubnet(network.address, network.prefixLength, network.family)
    }
    lists.set(networks, list)
  }
  return list
}
