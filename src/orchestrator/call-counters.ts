import type { Refusal } from '../call/refusal.ts'
import type { Clock } from '../clock.ts'
import type { Limits } from '../directory/limits.ts'
import { decideLimits } from '../policy/decide-limits.ts'

/** An account or a credential that a call counts for, with its limits as of now. */
export interface CountedFor {
  readonly kind: 'account' | 'credential'
  /** Unique in its kind. */
  readonly name: string
  readonly limits: Limits
}

interface CountedCall {
  readonly keys: readonly string[]
  readonly placedAt: number
}

const minute = 60_000

/** How many calls each account and each credential has, and when it placed the last ones. */
export class CallCounters {
  readonly #clock: Clock
  readonly #calls = new Map<string, CountedCall>()
  readonly #live = new Map<string, number>()
  /** Kept for those whose calls per minute are limited: never more than the limit. */
  readonly #placedAt = new Map<string, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Counts a call that is about to be placed, or tells which limit it would exceed. Asking and counting is one step: of two
   * requests at once only one finds the last place free.
   */
  admit(callId: string, countedFor: readonly CountedFor[]): Refusal | undefined {
    const now = this.#clock.monotonic()
    for (const subject of countedFor) {
      const key = keyOf(subject)
      const usage = { live: this.#live.get(key) ?? 0, placedAt: this.#recent(key, now) }
      const decided = decideLimits(subject.limits, usage, now)
      if (decided.decision === 'deny') return refusalOf(subject, decided)
    }
    this.#count(callId, countedFor, now)
    for (const subject of countedFor) {
      if (subject.limits.callsPerMinute !== undefined) this.#note(keyOf(subject), now)
    }
    return undefined
  }

  /** Counts a call as live that the process before this one has admitted. */
  resume(callId: string, countedFor: readonly CountedFor[]): void {
    this.#count(callId, countedFor, this.#clock.monotonic())
  }

  /** The call has ended. */
  forget(callId: string): void {
    for (const key of this.#calls.get(callId)?.keys ?? []) {
      const left = (this.#live.get(key) ?? 0) - 1
      if (left > 0) this.#live.set(key, left)
      else this.#live.delete(key)
    }
    this.#calls.delete(callId)
  }

  /** The call was never placed: as if it had not been admitted. */
  withdraw(callId: string): void {
    const call = this.#calls.get(callId)
    this.forget(callId)
    for (const key of call?.keys ?? []) {
      const times = this.#placedAt.get(key) ?? []
      const index = times.lastIndexOf(call?.placedAt ?? Number.NaN)
      if (index !== -1) times.splice(index, 1)
    }
  }

  #count(callId: string, countedFor: readonly CountedFor[], placedAt: number): void {
    const keys = countedFor.map(keyOf)
    this.#calls.set(callId, { keys, placedAt })
    for (const key of keys) this.#live.set(key, (this.#live.get(key) ?? 0) + 1)
  }

  /** Those of the last minute; forgets the others. */
  #recent(key: string, now: number): readonly number[] {
    const recent = this.#placedAt.get(key)?.filter((at) => at > now - minute) ?? []
    if (recent.length > 0) this.#placedAt.set(key, recent)
    else this.#placedAt.delete(key)
    return recent
  }

  #note(key: string, now: number): void {
    const times = this.#placedAt.get(key)
    if (times === undefined) this.#placedAt.set(key, [now])
    else times.push(now)
  }
}

const keyOf = ({ kind, name }: CountedFor): string => `${kind} ${name}`

function refusalOf(
  { kind, limits }: CountedFor,
  denial: { readonly limit: 'callsPerMinute' | 'simultaneousCalls'; readonly retryAfterSeconds: number },
): Refusal {
  const { limit, retryAfterSeconds } = denial
  const whose = kind === 'account' ? 'The account' : 'This credential'
  const message = `${whose} is at its limit (${limit}: ${limits[limit]}); try again in ${retryAfterSeconds} seconds.`
  return { code: 'limit-exceeded', message, retryAfterSeconds }
}
