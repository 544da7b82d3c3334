import { closeSync, openSync } from 'node:fs'
import type { Clock, Timer } from '../clock.ts'
import type { Log } from '../log.ts'

const lookMilliseconds = 1000
/** Let go when there are no others, so that `/readyz` and those who hang up can still be served. */
const spareDescriptors = 16

/**
 * Whether the process can open anything more. When it cannot, the kernel hands over no connection and Node says nothing of it, so it is
 * asked once a second.
 */
export class DescriptorWatch {
  readonly #clock: Clock
  readonly #log: Log
  #spares: number[] = []
  #looking: Timer | undefined
  #isExhausted = false

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  get isExhausted(): boolean {
    return this.#isExhausted
  }

  start(): void {
    this.#fillSpares()
    this.#lookLater()
  }

  stop(): void {
    this.#clock.clearTimeout(this.#looking)
    this.#freeSpares()
  }

  #lookLater(): void {
    this.#looking = this.#clock.setTimeout(() => {
      this.#look()
      this.#lookLater()
    }, lookMilliseconds)
    this.#looking.unref?.()
  }

  #look(): void {
    const hasRoom = this.#isExhausted ? this.#fillSpares() : this.#hasOne()
    if (hasRoom === !this.#isExhausted) return
    this.#isExhausted = !hasRoom
    if (hasRoom) return this.#log.warn({}, 'file descriptors are free again')
    this.#freeSpares()
    const advice = 'raise the limit (LimitNOFILE of the service, ulimit -n), or look who opens so many connections'
    this.#log.error({}, `no file descriptors are left, and new connections and calls fail: ${advice}`)
  }

  #hasOne(): boolean {
    const descriptor = openNothing()
    if (descriptor !== undefined) closeSync(descriptor)
    return descriptor !== undefined
  }

  /** All of them, or none. */
  #fillSpares(): boolean {
    while (this.#spares.length < spareDescriptors) {
      const descriptor = openNothing()
      if (descriptor === undefined) {
        this.#freeSpares()
        return false
      }
      this.#spares.push(descriptor)
    }
    return true
  }

  #freeSpares(): void {
    for (const descriptor of this.#spares.splice(0)) closeSync(descriptor)
  }
}

function openNothing(): number | undefined {
  try {
    return openSync('/dev/null', 'r')
  } catch {
    return undefined
  }
}
