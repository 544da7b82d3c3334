import { addressBlock } from '../../address-block.ts'

export interface TcpPlaceLimits {
  /** At a time, both ways. */
  readonly connections: number
  /** With one host (IPv6: one /64): many phones may stand behind one address. */
  readonly connectionsPerHost: number
  /** Of these, connections over which nobody has shown a password yet. */
  readonly strangers: number
  readonly strangersPerHost: number
}

interface Host<Holder> {
  total: number
  /** The oldest first. */
  readonly strangers: Set<Holder>
}

interface Place {
  readonly block: string
  isStranger: boolean
}

/**
 * Who has a place among the TCP connections. A newcomer never pushes out a phone that is registered, nor a connection of ours:
 * where places are rare, the stranger who has had one longest goes, first of the newcomer's own host.
 */
export class TcpPlaces<Holder> {
  readonly #limits: TcpPlaceLimits
  readonly #places = new Map<Holder, Place>()
  readonly #strangers = new Set<Holder>()
  readonly #hosts = new Map<string, Host<Holder>>()

  constructor(limits: TcpPlaceLimits) {
    this.#limits = limits
  }

  /** Whether one more connection with `host` has room: at once, once `evict` has gone, or not at all. */
  decide(host: string, isStranger: boolean): { readonly room: boolean; readonly evict?: Holder } {
    const { connections, connectionsPerHost, strangers, strangersPerHost } = this.#limits
    const beside = this.#hosts.get(addressBlock(host))
    const ofHost = beside === undefined ? 0 : beside.total
    const strangersOfHost = beside === undefined ? 0 : beside.strangers.size
    const isHostFull = ofHost >= connectionsPerHost || (isStranger && strangersOfHost >= strangersPerHost)
    const isFull = this.#places.size >= connections || (isStranger && this.#strangers.size >= strangers)
    if (!isHostFull && !isFull) return { room: true }
    const [evict] = (isHostFull ? beside?.strangers : this.#strangers) ?? []
    return evict === undefined ? { room: false } : { room: true, evict }
  }

  add(holder: Holder, host: string, isStranger: boolean): void {
    const block = addressBlock(host)
    const place: Place = { block, isStranger: false }
    this.#places.set(holder, place)
    const beside = this.#hosts.get(block) ?? { total: 0, strangers: new Set<Holder>() }
    this.#hosts.set(block, beside)
    beside.total++
    if (isStranger) this.setStranger(holder, true)
  }

  setStranger(holder: Holder, isStranger: boolean): void {
    const place = this.#places.get(holder)
    if (place === undefined || place.isStranger === isStranger) return
    place.isStranger = isStranger
    for (const strangers of [this.#strangers, this.#hosts.get(place.block)?.strangers]) {
      if (isStranger) strangers?.add(holder)
      else strangers?.delete(holder)
    }
  }

  /** The second time nothing happens. */
  remove(holder: Holder): void {
    const place = this.#places.get(holder)
    if (place === undefined) return
    this.setStranger(holder, false)
    this.#places.delete(holder)
    const beside = this.#hosts.get(place.block)
    if (beside !== undefined && --beside.total === 0) this.#hosts.delete(place.block)
  }
}
