import type { Clock, Timer } from '../../clock.ts'
import type { FlowId } from '../transport/destination.ts'
import type { Binding, BindingChange, RemovalReason } from './binding.ts'

/** Bindings expire by the bucket, so that 100,000 of them cost one timer and no scan. */
const bucketMilliseconds = 5_000

/** All bindings, by address-of-record; drops each when its time is over. */
export class BindingTable {
  onChange: ((change: BindingChange) => void) | undefined
  /** The first binding has come that is reached over a flow, or the last one has gone. */
  onFlow: ((flow: FlowId, isUsed: boolean) => void) | undefined
  readonly #clock: Clock
  /** Of one line in the order of their last REGISTER, the oldest first. */
  readonly #byAor = new Map<string, Map<string, Binding>>()
  readonly #buckets = new Map<number, Set<Binding>>()
  /** How many bindings came from each address, as `addressOf` names it. */
  readonly #byAddress = new Map<string, number>()
  /** How many bindings are reached over each flow. */
  readonly #byFlow = new Map<FlowId, number>()
  readonly #addressOf: (host: string) => string
  #size = 0
  #timer: Timer | undefined

  constructor(clock: Clock, addressOf: (host: string) => string) {
    this.#clock = clock
    this.#addressOf = addressOf
  }

  get size(): number {
    return this.#size
  }

  get timers(): number {
    return this.#timer === undefined ? 0 : 1
  }

  /** Live bindings of a line, the preferred first, then the newest. */
  contacts(aor: string): Binding[] {
    const bindings = this.#byAor.get(aor)
    if (bindings === undefined) return []
    const now = this.#clock.now()
    return [...bindings.values()]
      .filter((binding) => binding.expiresAt > now)
      .sort((left, right) => right.q - left.q || right.expiresAt - left.expiresAt)
  }

  get(aor: string, key: string): Binding | undefined {
    const binding = this.#byAor.get(aor)?.get(key)
    return binding !== undefined && binding.expiresAt > this.#clock.now() ? binding : undefined
  }

  /** The keys of a line's bindings, the one that was registered longest ago first. */
  keys(aor: string): string[] {
    return [...(this.#byAor.get(aor)?.keys() ?? [])]
  }

  *all(): IterableIterator<Binding> {
    for (const bindings of this.#byAor.values()) yield* bindings.values()
  }

  /** Whether a phone is registered from there; the address as `addressOf` names it. */
  hasAddress(address: string): boolean {
    return this.#byAddress.has(address)
  }

  put(key: string, binding: Binding): void {
    const isNew = this.restore(key, binding)
    this.onChange?.({ type: isNew ? 'added' : 'refreshed', binding })
  }

  /** Something was learnt of a binding that is there; it is no newer by that. */
  amend(aor: string, key: string, learnt: Pick<Binding, 'answersOptions'>): void {
    const bindings = this.#byAor.get(aor)
    const before = bindings?.get(key)
    if (before === undefined) return
    const binding = { ...before, ...learnt }
    bindings?.set(key, binding)
    this.#enter(binding)
    this.#leave(before)
    this.onChange?.({ type: 'refreshed', binding })
  }

  /** Like `put`, of what is known already: nobody is told. True if the binding was not there. */
  restore(key: string, binding: Binding): boolean {
    const bindings = this.#byAor.get(binding.aor) ?? new Map<string, Binding>()
    this.#byAor.set(binding.aor, bindings)
    const before = bindings.get(key)
    bindings.delete(key)
    bindings.set(key, binding)
    this.#enter(binding)
    if (before === undefined) this.#size++
    else this.#leave(before)
    return before === undefined
  }

  remove(aor: string, key: string, reason: RemovalReason): void {
    const bindings = this.#byAor.get(aor)
    const binding = bindings?.get(key)
    if (bindings === undefined || binding === undefined) return
    bindings.delete(key)
    if (bindings.size === 0) this.#byAor.delete(aor)
    this.#size--
    this.#leave(binding)
    this.onChange?.({ type: 'removed', binding, reason })
  }

  close(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#byAor.clear()
    this.#buckets.clear()
    this.#byAddress.clear()
    this.#byFlow.clear()
    this.#size = 0
  }

  #enter(binding: Binding): void {
    this.#countPlaces(binding, 1)
    const bucket = bucketOf(binding.expiresAt)
    const waiting = this.#buckets.get(bucket) ?? new Set<Binding>()
    this.#buckets.set(bucket, waiting)
    waiting.add(binding)
    this.#arm()
  }

  #countPlaces({ destination: { host, flow } }: Binding, change: 1 | -1): void {
    count(this.#byAddress, this.#addressOf(host), change)
    if (flow === undefined) return
    const uses = count(this.#byFlow, flow, change)
    if (uses === 0 || (uses === 1 && change === 1)) this.onFlow?.(flow, uses === 1)
  }

  #leave(binding: Binding): void {
    this.#countPlaces(binding, -1)
    const bucket = bucketOf(binding.expiresAt)
    const waiting = this.#buckets.get(bucket)
    waiting?.delete(binding)
    if (waiting?.size === 0) this.#buckets.delete(bucket)
    if (this.#buckets.size === 0) {
      this.#clock.clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#buckets.size === 0) return
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined
      this.#sweep()
      this.#arm()
    }, bucketMilliseconds)
    // A registrar that has nothing else to do must not keep a process alive.
    this.#timer.unref?.()
  }

  #sweep(): void {
    const current = bucketOf(this.#clock.now())
    for (const [bucket, waiting] of [...this.#buckets]) {
      if (bucket >= current) continue
      for (const binding of [...waiting]) this.remove(binding.aor, bindingKey(binding), 'expired')
    }
  }
}

/** Returns the new count; none is kept that is 0. */
const count = (counts: Map<string, number>, name: string, change: 1 | -1): number => {
  const changed = (counts.get(name) ?? 0) + change
  if (changed === 0) counts.delete(name)
  else counts.set(name, changed)
  return changed
}

const bucketOf = (milliseconds: number): number => Math.floor(milliseconds / bucketMilliseconds)

/**
 * What makes two registrations the same binding: the phone's instance and flow where it names them (RFC 5626 section 6: a
 * restarted phone replaces its old contact even though the URI differs), its Contact URI otherwise.
 */
export const bindingKey = (binding: Pick<Binding, 'instanceId' | 'registrationId' | 'contactUri'>): string =>
  binding.instanceId === undefined ? binding.contactUri : `${binding.instanceId} ${binding.registrationId ?? 0}`
