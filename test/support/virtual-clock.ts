import type { Clock, Timer } from '../../src/clock.ts'

interface Entry extends Timer {
  readonly at: number
  /** Timers of one moment fire in the order in which they were set, as Node's do. */
  readonly order: number
  readonly task: () => void
}

/** Time that passes only when a test says so. */
export class VirtualClock implements Clock {
  /** Milliseconds since the start. */
  #elapsed = 0
  #wallOffset: number
  #order = 0
  readonly #heap: Entry[] = []
  readonly #pending = new Set<Entry>()

  constructor(startMilliseconds = Date.UTC(2026, 0, 1)) {
    this.#wallOffset = startMilliseconds
  }

  /** Timers that are set and have not fired. */
  get pending(): number {
    return this.#pending.size
  }

  now(): number {
    return this.#wallOffset + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  /** Sets the wall clock forward, or back; timers count elapsed time and do not notice. */
  setWallClock(byMilliseconds: number): void {
    this.#wallOffset += byMilliseconds
  }

  setTimeout(task: () => void, delayMilliseconds: number): Timer {
    const entry: Entry = { at: this.#elapsed + Math.max(0, delayMilliseconds), order: this.#order++, task }
    this.#pending.add(entry)
    this.#push(entry)
    return entry
  }

  clearTimeout(timer: Timer | undefined): void {
    this.#pending.delete(timer as Entry)
  }

  /** Lets time pass: fires what is due in order, and lets promises run after each. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#elapsed + milliseconds
    await settle()
    for (let next = this.#next(); next !== undefined && next.at <= until; next = this.#next()) {
      this.#pop()
      this.#pending.delete(next)
      this.#elapsed = next.at
      next.task()
      await settle()
    }
    this.#elapsed = until
  }

  #next(): Entry | undefined {
    while (this.#heap[0] !== undefined && !this.#pending.has(this.#heap[0])) this.#pop()
    return this.#heap[0]
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    heap.push(entry)
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!isBefore(entry, heap[parent] as Entry)) break
      heap[child] = heap[parent] as Entry
      heap[parent] = entry
      child = parent
    }
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    heap[0] = last
    for (let parent = 0; ; ) {
      let child = 2 * parent + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++
      if (!isBefore(heap[child] as Entry, last)) break
      heap[parent] = heap[child] as Entry
      heap[child] = last
      parent = child
    }
  }
}

const isBefore = (left: Entry, right: Entry): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order)

/** Lets every promise that can run do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
