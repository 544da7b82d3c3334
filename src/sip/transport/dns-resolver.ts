import { lookup, Resolver } from 'node:dns/promises'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { Destination, TransportAddress, TransportProtocol } from './destination.ts'
import { bareHost, isNumericHost } from './host.ts'
import { RecentFailures } from './recent-failures.ts'
import { TransportError } from './transport-error.ts'

/** An SRV record (RFC 2782). */
export interface ServiceRecord {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** The questions asked of DNS; each is rejected where there is nothing (ENOTFOUND, ENODATA), or nobody knows (any other code). */
export interface DnsQueries {
  services(name: string): Promise<readonly ServiceRecord[]>
  addresses(name: string): Promise<readonly string[]>
}

const defaultPort = 5060
/** Node does not tell the time to live of these records; a minute is what SIP providers set that move their traffic. */
const freshMilliseconds = 60_000
const failureMilliseconds = 10_000
const patienceMilliseconds = 5000
/**
 * RFC 8767: while DNS does not answer, what it said last is better than nothing. A call waits so long for a new answer, and no more
 * than a day old may the last one be.
 */
const staleAfterMilliseconds = 500
const staleMilliseconds = 24 * 3600_000
const maximumNames = 1000
/** RFC 3263 section 4.3 lets a client remember that a server failed. */
const avoidedMilliseconds = 300_000
/** Of one name: no carrier has more that matter. */
const maximumTargets = 8

type Targets = readonly ServiceRecord[]

interface Entry {
  targets: Promise<Targets>
  expiresAt: number
  /** The newest answer of DNS with something in it, and until when it may stand in for another. */
  last: Targets
  lastUntil: number
}

/** Whether a socket of ours can reach an address. */
export type Reaches = (protocol: TransportProtocol, host: string) => boolean

/**
 * Finds the address behind a name (RFC 3263, reduced: the transport is given, so NAPTR is not asked; SRV is, unless the port is
 * another than 5060; then A and AAAA). The first address that can be sent to is taken. One that has not answered is avoided for a while
 * (section 4.3), by the requests that come after: whoever sent the one without an answer has other carriers to try meanwhile.
 */
export class DnsResolver {
  readonly #clock: Clock
  readonly #random: Random
  readonly #queries: DnsQueries
  readonly #reaches: Reaches
  readonly #failures: RecentFailures
  readonly #services = new Map<string, Entry>()
  readonly #addresses = new Map<string, Entry>()

  constructor(clock: Clock, random: Random, queries: DnsQueries = createDnsQueries(), reaches: Reaches = () => true) {
    this.#clock = clock
    this.#random = random
    this.#queries = queries
    this.#reaches = reaches
    this.#failures = new RecentFailures(clock, avoidedMilliseconds)
  }

  /** At once for a numeric host; otherwise a promise that is rejected with a TransportError where there is no address. */
  resolve(destination: Destination): Destination | Promise<Destination> {
    const host = bareHost(destination.host)
    const port = destination.port === 0 ? defaultPort : destination.port
    if (!isNumericHost(host)) return this.#resolveName(destination, host.toLowerCase(), port)
    if (host === destination.host && port === destination.port) return destination
    return { ...destination, host, port }
  }

  /** Nothing came back from there: other addresses of the same name go first for a while. */
  avoid(address: TransportAddress): void {
    this.#failures.add(keyOf(address))
  }

  async #resolveName(destination: Destination, name: string, port: number): Promise<Destination> {
    try {
      return { ...destination, ...(await this.#patiently(this.#find(name, port, destination.protocol))) }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new TransportError('unresolved', `no address for ${name}: ${reason}`, { cause: error })
    }
  }

  async #find(name: string, port: number, protocol: TransportProtocol): Promise<TransportAddress> {
    // RFC 3263 section 4.2: an explicit port means an address record. 5060 cannot be told from no port at all here.
    const services = port === defaultPort ? await this.#cached(this.#services, `_sip._${protocol}.${name}`) : []
    const targets = services.length === 0 ? [{ name, port }] : this.#order(services)
    let otherFamily: string | undefined
    let failed: TransportAddress | undefined
    for (const target of targets) {
      for (const { name: host } of await this.#cached(this.#addresses, target.name)) {
        const address = { host, port: target.port }
        // A carrier may have IPv6 addresses too, and the system puts them first even where we only listen on IPv4.
        if (!this.#reaches(protocol, host)) otherFamily ??= host
        else if (this.#failures.has(keyOf(address))) failed ??= address
        else return address
      }
    }
    if (failed !== undefined) return failed
    const isOther = otherFamily !== undefined
    throw new Error(isOther ? `${otherFamily} is of a family in which no SIP port is open` : 'the name does not exist')
  }

  #cached(cache: Map<string, Entry>, name: string): Promise<Targets> {
    const now = this.#clock.monotonic()
    const known = cache.get(name)
    if (known !== undefined && known.expiresAt > now) return known.targets
    cache.delete(name)
    if (cache.size >= maximumNames) cache.delete(cache.keys().next().value as string)
    const hasLast = known !== undefined && known.lastUntil > now
    const last = hasLast ? known.last : []
    const asked = this.#ask(cache === this.#services, name)
    const targets = asked.then((answer) => answer ?? last)
    const entry: Entry = {
      targets: hasLast ? this.#orAfterAMoment(targets, last) : targets,
      expiresAt: now + freshMilliseconds,
      last,
      lastUntil: hasLast ? known.lastUntil : 0,
    }
    cache.set(name, entry)
    void asked.then((answer) => this.#settle(entry, answer, cache === this.#services))
    return entry.targets
  }

  /** Empty where DNS says that there is nothing; undefined where it says nothing. */
  #ask(isService: boolean, name: string): Promise<Targets | undefined> {
    const asked = isService ? this.#queries.services(name) : this.#queries.addresses(name).then(toRecords)
    return asked.catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOTFOUND' || error.code === 'ENODATA' ? [] : undefined,
    )
  }

  #settle(entry: Entry, answer: Targets | undefined, isService: boolean): void {
    const now = this.#clock.monotonic()
    entry.targets = Promise.resolve(answer ?? entry.last)
    if (answer !== undefined && answer.length > 0) {
      entry.last = answer
      entry.lastUntil = now + staleMilliseconds
    }
    // A name without SRV records is the rule; a name without addresses may be a failure that passes.
    const isSettled = answer !== undefined && (answer.length > 0 || isService)
    if (!isSettled) entry.expiresAt = now + failureMilliseconds
  }

  #orAfterAMoment(targets: Promise<Targets>, last: Targets): Promise<Targets> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => resolve(last), staleAfterMilliseconds)
      void targets.then(resolve).finally(() => this.#clock.clearTimeout(timer))
    })
  }

  /** RFC 2782: by priority; those of one at random by weight. */
  #order(services: readonly ServiceRecord[]): readonly ServiceRecord[] {
    const left = [...services].sort((one, other) => one.priority - other.priority)
    const ordered: ServiceRecord[] = []
    while (left.length > 0 && ordered.length < maximumTargets) {
      const first = left.filter(({ priority }) => priority === left[0]?.priority)
      const drawn = this.#draw(first)
      ordered.push(drawn)
      left.splice(left.indexOf(drawn), 1)
    }
    return ordered
  }

  #draw(candidates: readonly ServiceRecord[]): ServiceRecord {
    const total = candidates.reduce((sum, { weight }) => sum + weight, 0)
    let left = (this.#random.bytes(4).readUInt32BE() / 2 ** 32) * total
    for (const candidate of candidates) {
      left -= candidate.weight
      if (left < 0) return candidate
    }
    return candidates[0] as ServiceRecord
  }

  #patiently<Found>(found: Promise<Found>): Promise<Found> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => reject(new Error('DNS did not answer in time')), patienceMilliseconds)
      found.then(resolve, reject).finally(() => this.#clock.clearTimeout(timer))
    })
  }
}

const keyOf = ({ host, port }: TransportAddress): string => `${host} ${port}`

const toRecords = (addresses: readonly string[]): ServiceRecord[] =>
  addresses.map((name) => ({ name, port: 0, priority: 0, weight: 0 }))

const createDnsQueries = (): DnsQueries => {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  return {
    services: (name) => resolver.resolveSrv(name),
    // The system's lookup also reads /etc/hosts, where the names of small networks and containers are.
    addresses: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  }
}
