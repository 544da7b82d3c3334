import { type BlockList, isIPv4 } from 'node:net'
import { type AddressClass, classifyAddress, plainAddress } from './ip-address.ts'

/** A transport address without brackets; `host` is numeric, for a name says nothing before it is resolved. */
export interface TargetAddress {
  readonly host: string
  readonly port: number
}

/** What stays the same for every target. */
export interface TargetRules {
  /**
   * Whether this server itself listens there: SIP, HTTP, or a media port that is in use. The host is in its shortest form
   * (RFC 5952), and IPv4 where it can be.
   */
  readonly isOwnPort: (target: TargetAddress) => boolean
  /** Networks that the administrator refuses beside the built-in ones. */
  readonly refusedNetworks: BlockList
}

export type TargetRefusal = Exclude<AddressClass, 'ordinary'> | 'own-port' | 'refused-network'

/**
 * Decides whether we send to an address that a peer merely told us (in SDP, Contact, Record-Route, Route or Path). Undefined if
 * we do, otherwise why not. A peer could aim us at services of this machine or of our network which it cannot reach itself.
 * `seenFrom` is where the peer's own packets come from: whoever is at an address itself may name it.
 *
 * A broadcast address of a subnet looks like any other; the kernel refuses it, for our sockets never ask for SO_BROADCAST.
 */
export const decideTarget = (
  target: TargetAddress,
  seenFrom: TargetAddress | undefined,
  rules: TargetRules,
): TargetRefusal | undefined => {
  const address = plainAddress(target.host)
  const addressClass = classifyAddress(address)
  const isSameHost = seenFrom !== undefined && plainAddress(seenFrom.host) === address
  if (rules.isOwnPort({ host: address, port: target.port })) {
    return isSameHost && seenFrom.port === target.port ? undefined : 'own-port'
  }
  switch (addressClass) {
    case 'ordinary':
      return !isSameHost && isIn(rules.refusedNetworks, address) ? 'refused-network' : undefined
    case 'link-local':
      return isSameHost ? undefined : addressClass
    case 'loopback':
      // All of 127.0.0.0/8 and ::1 are one host.
      return seenFrom !== undefined && classifyAddress(seenFrom.host) === 'loopback' ? undefined : addressClass
    default:
      return addressClass
  }
}

const isIn = (networks: BlockList, address: string): boolean =>
  networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
