import { lookup } from 'node:dns/promises'
import type { Clock } from '../../clock.ts'

/** Addresses of a name in one family, the preferred first; rejects or is empty where there is none. */
export type LookUpHost = (name: string, family: 4 | 6) => Promise<readonly string[]>

const patienceMilliseconds = 2000
const freshMilliseconds = 30_000
const maximumNames = 100
/** The system's look-up takes one of four threads that others need as well; slow names may hold no more than half of them. */
const maximumUnderWay = 2
const longestName = 253

interface Entry {
  readonly address: Promise<string | undefined>
  readonly expiresAt: number
}

/**
 * Addresses of host names that stand in SDP (RFC 4566 section 5.7 allows them). Whoever may send us SDP may make us ask, so names,
 * time and questions under way are bounded, and an answer is kept for a moment.
 */
export class MediaHosts {
  readonly #clock: Clock
  readonly #lookUp: LookUpHost
  readonly #known = new Map<string, Entry>()
  #underWay = 0

  constructor(clock: Clock, lookUp: LookUpHost = systemLookUp) {
    this.#clock = clock
    this.#lookUp = lookUp
  }

  /** Never rejects; undefined where there is no address, or none in time. */
  find(name: string, family: 4 | 6): Promise<string | undefined> {
    if (!isHostName(name)) return Promise.resolve(undefined)
    const key = `${family} ${name.toLowerCase()}`
    const now = this.#clock.monotonic()
    const known = this.#known.get(key)
    if (known !== undefined && known.expiresAt > now) return known.address
    if (this.#underWay >= maximumUnderWay) return Promise.resolve(undefined)
    this.#known.delete(key)
    if (this.#known.size >= maximumNames) this.#known.delete(this.#known.keys().next().value as string)
    const address = this.#ask(name, family)
    this.#known.set(key, { address, expiresAt: now + freshMilliseconds })
    return address
  }

  async #ask(name: string, family: 4 | 6): Promise<string | undefined> {
    this.#underWay++
    const asked = this.#lookUp(name, family).then(
      ([address]) => address,
      () => undefined,
    )
    // It holds its thread until it is through, however long we wait for it.
    void asked.then(() => this.#underWay--)
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const timer = this.#clock.setTimeout(() => resolve(undefined), patienceMilliseconds)
    const address = await Promise.race([asked, promise])
    this.#clock.clearTimeout(timer)
    return address
  }
}

/** The last label begins with a letter (RFC 3696 section 2); the look-up would take `127.1` and `0x7f000001` for addresses. */
const isHostName = (name: string): boolean =>
  name.length <= longestName && /^([a-z\d_][a-z\d_-]*\.)*[a-z][a-z\d-]*\.?$/i.test(name)

/** It also reads /etc/hosts, where the names of small networks and containers are. */
const systemLookUp: LookUpHost = async (name, family) =>
  (await lookup(name, { family, all: true })).map(({ address }) => address)
