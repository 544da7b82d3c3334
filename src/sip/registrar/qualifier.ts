import type { Clock, Timer } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { Binding } from './binding.ts'
import { bindingKey } from './binding-table.ts'

export interface QualifierOptions {
  readonly clock: Clock
  readonly random: Random
  /** How often a phone is asked, in seconds. */
  readonly intervalSeconds: number
  /** Sends an OPTIONS; resolves with whether anything came back. */
  readonly ask: (binding: Binding) => Promise<boolean>
  /** The first answer of a phone. */
  readonly onAnswers: (binding: Binding) => void
  /** A phone has fallen silent, or speaks again. */
  readonly onReachable: (binding: Binding, isReachable: boolean) => void
}

interface Watched {
  readonly binding: Binding
  answers: boolean
  isReachable: boolean
  /** Where it waits for its next question; it waits once only. */
  waitsIn: Set<Watched> | undefined
}

/** A phone that has just been switched on is found again soon, also if it does not register anew. */
const silentIntervalSeconds = 20
/** What a restart finds is asked soon: a phone may have been switched off meanwhile. */
const restoredSeconds = 30
/** Bounds of what is on the wire: beyond them phones are asked later, in turn. */
const questionsPerSecond = 100
const questionsAtOnce = 400

/**
 * Asks registered phones by OPTIONS whether they are still there (RFC 3261 section 11), for a phone that loses its power stays
 * registered for up to an hour. Spread over the interval, so many a second at most. Only a phone that has answered before counts
 * as unreachable when it does not: some know no OPTIONS.
 */
export class Qualifier {
  readonly #options: QualifierOptions
  readonly #watched = new Map<string, Watched>()
  /** By the second in which they are to be asked. */
  readonly #buckets = new Map<number, Set<Watched>>()
  /** Their second has come. */
  readonly #due = new Set<Watched>()
  #sweptSecond: number
  #asking = 0
  #timer: Timer | undefined

  constructor(options: QualifierOptions) {
    this.#options = options
    this.#sweptSecond = this.#second()
  }

  get size(): number {
    return this.#watched.size
  }

  isReachable(binding: Binding): boolean {
    return this.#watched.get(keyOf(binding))?.isReachable ?? true
  }

  /** It has registered, or was `restored`: it is reachable until it fails to answer. */
  watch(binding: Binding, isRestored = false): void {
    const { intervalSeconds, onReachable } = this.#options
    const key = keyOf(binding)
    const before = this.#watched.get(key)
    const watched: Watched = {
      binding,
      answers: binding.answersOptions === true,
      isReachable: true,
      waitsIn: undefined,
    }
    if (before !== undefined) this.#leave(before)
    this.#watched.set(key, watched)
    const within = isRestored ? Math.min(intervalSeconds, restoredSeconds) : intervalSeconds / 2
    this.#schedule(watched, within / 2 + (within / 2) * this.#fraction())
    if (before?.isReachable === false) onReachable(binding, true)
  }

  forget(binding: Binding): void {
    const key = keyOf(binding)
    const watched = this.#watched.get(key)
    if (watched === undefined) return
    this.#leave(watched)
    this.#watched.delete(key)
    if (this.#watched.size === 0) this.#stop()
  }

  /** It did not answer something else: it is asked at once. */
  suspect(binding: Binding): void {
    const watched = this.#watched.get(keyOf(binding))
    if (watched !== undefined) this.#schedule(watched, 0)
  }

  close(): void {
    this.#watched.clear()
    this.#stop()
  }

  #stop(): void {
    this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#buckets.clear()
    this.#due.clear()
  }

  #schedule(watched: Watched, seconds: number): void {
    if (this.#timer === undefined) this.#sweptSecond = this.#second()
    const second = Math.max(this.#sweptSecond + 1, this.#second() + Math.ceil(seconds))
    const bucket = this.#buckets.get(second) ?? new Set<Watched>()
    this.#buckets.set(second, bucket)
    this.#wait(watched, bucket)
    this.#arm()
  }

  #wait(watched: Watched, place: Set<Watched>): void {
    this.#leave(watched)
    watched.waitsIn = place.add(watched)
  }

  #leave(watched: Watched): void {
    watched.waitsIn?.delete(watched)
    watched.waitsIn = undefined
  }

  #arm(): void {
    this.#timer ??= this.#options.clock.setTimeout(() => {
      this.#timer = undefined
      this.#sweep()
      if (this.#watched.size > 0) this.#arm()
    }, 1000)
    // Phones that are asked must not keep a process alive.
    this.#timer.unref?.()
  }

  #sweep(): void {
    for (const now = this.#second(); this.#sweptSecond < now; ) {
      const bucket = this.#buckets.get(++this.#sweptSecond)
      this.#buckets.delete(this.#sweptSecond)
      for (const watched of [...(bucket ?? [])]) this.#wait(watched, this.#due)
    }
    let left = Math.min(questionsPerSecond, questionsAtOnce - this.#asking)
    for (const watched of this.#due) {
      if (left <= 0) return
      this.#leave(watched)
      left--
      void this.#question(watched)
    }
  }

  async #question(watched: Watched): Promise<void> {
    const { ask, intervalSeconds, onAnswers, onReachable } = this.#options
    this.#asking++
    const hasAnswered = await ask(watched.binding).catch(() => false)
    this.#asking--
    // It has registered anew, or is gone: the answer is of no use.
    if (!this.#isCurrent(watched)) return
    const isReachable = hasAnswered || !watched.answers
    const changed = isReachable !== watched.isReachable
    watched.isReachable = isReachable
    this.#schedule(watched, isReachable ? intervalSeconds : Math.min(intervalSeconds, silentIntervalSeconds))
    if (hasAnswered && !watched.answers) {
      watched.answers = true
      onAnswers(watched.binding)
    }
    if (changed) onReachable(watched.binding, isReachable)
  }

  #isCurrent(watched: Watched): boolean {
    return this.#watched.get(keyOf(watched.binding)) === watched
  }

  #second(): number {
    return Math.floor(this.#options.clock.monotonic() / 1000)
  }

  /** From 0 to 1. */
  #fraction(): number {
    return this.#options.random.bytes(2).readUInt16BE() / 0x1_0000
  }
}

const keyOf = (binding: Binding): string => `${binding.aor} ${bindingKey(binding)}`
