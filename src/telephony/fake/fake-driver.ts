import type { LegRecovery } from '../../call/call-event.ts'
import type { Clock } from '../../clock.ts'
import {
  type DialRequest,
  type Driver,
  type DriverCapability,
  LegEndedError,
  type LegEvent,
  type LegHandle,
  type LineAddress,
  type Presence,
} from '../driver.ts'
import { FakeLeg, fakeDriverName } from './fake-leg.ts'
import type { FakeNetwork } from './fake-network.ts'

export interface FakeDriverOptions {
  readonly network: FakeNetwork
  readonly clock: Clock
  readonly capabilities?: readonly DriverCapability[]
  /** How long joining two legs takes, in milliseconds; 0 if absent. */
  readonly bridgeMilliseconds?: number
  /** How long a leg that is over takes to tell so (a real one waits for its media to be let go), in milliseconds; 0 if absent. */
  readonly farewellMilliseconds?: number
}

/** A driver without a network, for tests of what stands above the port: phones do what their scripts say, in the clock's time. */
export class FakeDriver implements Driver {
  readonly name = fakeDriverName
  readonly capabilities: ReadonlySet<DriverCapability>
  /** Legs that have not ended. */
  readonly legs = new Set<FakeLeg>()
  readonly #options: FakeDriverOptions

  constructor(options: FakeDriverOptions) {
    this.#options = options
    this.capabilities = new Set(options.capabilities ?? ['play', 'auto-answer'])
  }

  presence(line: LineAddress): Presence {
    const contacts = this.#options.network.phones(line).length
    return { reachable: contacts > 0, contacts }
  }

  dial(request: DialRequest, listener: (event: LegEvent) => void): LegHandle {
    const { network, clock, farewellMilliseconds = 0 } = this.#options
    const onGone = (gone: FakeLeg) => this.legs.delete(gone)
    const leg = new FakeLeg(request, listener, { network, clock, farewellMilliseconds, onGone })
    this.legs.add(leg)
    queueMicrotask(() => leg.start())
    return leg
  }

  async bridge(first: LegHandle, second: LegHandle): Promise<void> {
    const { clock, bridgeMilliseconds = 0 } = this.#options
    assertAnswered(first, second)
    if (bridgeMilliseconds === 0) return
    await new Promise<void>((resolve) => clock.setTimeout(resolve, bridgeMilliseconds))
    assertAnswered(first, second)
  }

  async recover(recoveries: readonly LegRecovery[]): Promise<void> {
    for (const { driver, data } of recoveries) {
      if (driver !== fakeDriverName) continue
      for (const number of data as readonly number[]) this.#options.network.find(number)?.stop()
    }
  }

  async close(): Promise<void> {
    for (const leg of this.legs) leg.hangup('interrupted')
  }

  /** The process is killed: nothing more is heard of its legs, what they dialled goes on. */
  die(): void {
    for (const leg of this.legs) leg.die()
    this.legs.clear()
  }
}

function assertAnswered(...legs: readonly LegHandle[]): void {
  for (const leg of legs) {
    if (!(leg instanceof FakeLeg)) throw new Error('this leg is of another driver')
    if (!leg.isAnswered) throw new LegEndedError()
  }
}
