import { type Clock, systemClock, type Timer } from '../clock.ts'
import { StoreError } from './store-error.ts'

/** Who is told of what happens to a store. */
export interface StoreListeners {
  /** Called once when nothing can be written any more (a damaged disk, a dead worker): the process should end. */
  readonly onBroken: (error: StoreError) => void
  /** Called when writing begins to fail, and with `undefined` when it works again. */
  readonly onHealth?: ((fault: StoreError | undefined) => void) | undefined
}

/** How often a store that cannot write is asked whether it can again. */
const probeMilliseconds = 2000
/** What a check found is true for so long: whoever asks all the time costs one write a second. */
const freshMilliseconds = 1000

/** Whether a store can write: what its writes said last, or a probe where there were none. */
export class StoreHealth {
  readonly #probe: () => Promise<void>
  readonly #onHealth: (fault: StoreError | undefined) => void
  readonly #clock: Clock
  #fault: StoreError | undefined
  #probing: Timer | undefined
  #checking: Promise<unknown> | undefined
  #checkedAt = Number.NEGATIVE_INFINITY
  #isStopped = false

  /** `probe` writes something that changes nothing; like every write it reports to `worked` and `failed`. */
  constructor(
    probe: () => Promise<void>,
    onHealth: (fault: StoreError | undefined) => void = () => {},
    clock: Clock = systemClock,
  ) {
    this.#probe = probe
    this.#onHealth = onHealth
    this.#clock = clock
  }

  worked(): void {
    this.#checkedAt = this.#clock.monotonic()
    if (this.#fault === undefined) return
    this.#fault = undefined
    this.#clock.clearTimeout(this.#probing)
    this.#onHealth(undefined)
  }

  failed(fault: StoreError): void {
    this.#checkedAt = this.#clock.monotonic()
    const isNew = this.#fault?.code !== fault.code
    const isFirst = this.#fault === undefined
    this.#fault = fault
    if (isNew) this.#onHealth(fault)
    if (isFirst) this.#probeLater()
  }

  /** Why nothing can be written now; undefined if it can. */
  async check(): Promise<StoreError | undefined> {
    if (this.#isStopped) return new StoreError('closed', 'The store is closed.')
    if (this.#clock.monotonic() - this.#checkedAt < freshMilliseconds) return this.#fault
    this.#checking ??= this.#probe()
      .catch(() => {})
      .finally(() => {
        this.#checking = undefined
      })
    await this.#checking
    return this.#fault
  }

  stop(): void {
    this.#isStopped = true
    this.#clock.clearTimeout(this.#probing)
  }

  #probeLater(): void {
    this.#probing = this.#clock.setTimeout(() => {
      void this.#probe()
        .catch(() => {})
        .finally(() => {
          if (this.#fault !== undefined && !this.#isStopped) this.#probeLater()
        })
    }, probeMilliseconds)
    this.#probing.unref?.()
  }
}
