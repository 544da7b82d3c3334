import { plainAddress } from '../../ip-address.ts'
import type { FlowId, TransportAddress, TransportProtocol } from './destination.ts'
import { isIPv6, isLoopback, isWildcard } from './host.ts'

/** Where we listen, with the port that the system chose where 0 was asked for. */
export interface ListeningPoint extends TransportAddress {
  readonly protocol: TransportProtocol
  /** What peers are told instead, where the point is behind a NAT. */
  readonly advertise?: AdvertisedAddress
}

export interface AdvertisedAddress {
  readonly host: string
  /** The listening port unless given. */
  readonly port?: number
}

/**
 * Whether a message to `target`, an address in its plain form, would come back to this point. `isLocal` tells the addresses of this
 * machine.
 */
export const listensAt = (
  point: ListeningPoint,
  target: TransportAddress,
  isLocal: (host: string) => boolean,
): boolean => {
  const { advertise } = point
  if (advertise !== undefined && (advertise.port ?? point.port) === target.port) {
    if (plainAddress(advertise.host) === target.host) return true
  }
  if (point.port !== target.port) return false
  return isWildcard(point.host) ? isLocal(target.host) : plainAddress(point.host) === target.host
}

/** The flow of a UDP socket; the same again after a restart. */
export const datagramFlow = (point: TransportAddress): FlowId => `udp:${point.host}:${point.port}`

/** The best point to reach a peer from: of the same address family, and on loopback only if the peer is there. */
export const choosePoint = <Point extends ListeningPoint>(
  points: readonly Point[],
  remoteHost: string,
): Point | undefined => {
  if (points.length < 2) return points[0]
  let best: Point | undefined
  let bestScore = -1
  for (const point of points) {
    const score = suit(point.host, remoteHost)
    if (score <= bestScore) continue
    best = point
    bestScore = score
  }
  return best
}

/** Whether the point can send to an address of that family at all. */
export const speaksTo = ({ host: local }: ListeningPoint, remote: string): boolean =>
  isIPv6(local) === isIPv6(remote) || local === '::'

const suit = (local: string, remote: string): number => {
  const family = isIPv6(local) === isIPv6(remote) ? 4 : local === '::' ? 2 : 0
  if (isWildcard(local)) return family
  return family + (isLoopback(local) === isLoopback(remote) ? 1 : -1)
}
