import type { LegRecovery } from '../../src/call/call-event.ts'
import type { Clock } from '../../src/clock.ts'
import type { DialRequest, Driver, DriverGuarantee, LegEvent, LegHandle } from '../../src/telephony/driver.ts'
import { FakeLeg, fakeDriverName } from './fake-leg.ts'
import type { FakeNetwork } from './fake-network.ts'

export interface FakeDriverOptions {
  readonly network: FakeNetwork
  readonly clock: Clock
  /** How long it takes until two answered legs hear each other, in milliseconds; 0 if absent. */
  readonly bridgeMilliseconds?: number
  /** No leg can hear another: they have no codec in common. */
  readonly isDeaf?: boolean
  /** How long a leg that is over takes to tell so (a real one waits for its media to be let go), in milliseconds; 0 if absent. */
  readonly farewellMilliseconds?: number
}

/** A driver without a network, for tests of what stands above the port: phones do what their scripts say, in the clock's time. */
export class FakeDriver implements Driver {
  readonly name = fakeDriverName
  readonly guarantees: ReadonlySet<DriverGuarantee> = new Set(['log-before-dial', 'log-before-answer'])
  /** Legs that have not ended. */
  readonly legs = new Set<FakeLeg>()
  readonly #options: FakeDriverOptions

  constructor(options: FakeDriverOptions) {
    this.#options = options
  }

  dial(request: DialRequest, listener: (event: LegEvent) => void): LegHandle {
    const { network, clock, isDeaf = false, bridgeMilliseconds = 0, farewellMilliseconds = 0 } = this.#options
    const onGone = (gone: FakeLeg) => this.legs.delete(gone)
    const leg = new FakeLeg(request, listener, {
      network,
      clock,
      isDeaf,
      bridgeMilliseconds,
      farewellMilliseconds,
      onGone,
    })
    this.legs.add(leg)
    queueMicrotask(() => leg.start())
    return leg
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
