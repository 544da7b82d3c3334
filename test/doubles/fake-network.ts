import type { EndCause } from '../../src/call/end-cause.ts'
import type { Clock, Timer } from '../../src/clock.ts'
import type { LineAddress } from '../../src/telephony/driver.ts'
import type { PhoneContact, PhoneRegistry, Presence } from '../../src/telephony/phone-registry.ts'
import type { PhoneScript } from './phone-script.ts'

/** What a phone was told. */
export type PhoneMessage = 'invite' | 'cancel' | 'ack' | 'bye'

/** Who called a phone hears of these. */
export interface FakeCallListener {
  onRinging(): void
  onEarlyMedia(): void
  onAnswered(): void
  onHeld(): void
  onResumed(): void
  onRefused(as: EndCause, forwardTo: string | undefined): void
  onHungUp(): void
}

type FakeCallState = 'ringing' | 'answered' | 'gone'

/** One call at one phone. It outlives the driver that made it, as a real one does. */
export class FakeCall {
  /** Undefined once the caller has died. */
  listener: FakeCallListener | undefined
  readonly #phone: FakePhone
  readonly #clock: Clock
  readonly #onGone: () => void
  readonly #timers: Timer[] = []
  #state: FakeCallState = 'ringing'
  #confirmed = false

  constructor(phone: FakePhone, clock: Clock, listener: FakeCallListener, onGone: () => void) {
    this.#phone = phone
    this.#clock = clock
    this.listener = listener
    this.#onGone = onGone
    phone.heard.push('invite')
    const { rings, speaks, answers, refuses } = phone.script
    if (rings !== undefined) this.#after(rings, () => this.listener?.onRinging())
    if (speaks !== undefined) this.#after(speaks, () => this.listener?.onEarlyMedia())
    if (answers !== undefined) this.#after(answers, () => this.#answer())
    if (refuses !== undefined) {
      this.#after(refuses.after, () => {
        this.#leave()
        this.listener?.onRefused(refuses.as, refuses.forwardTo)
      })
    }
  }

  /** Whether the phone rings or talks. */
  get isUp(): boolean {
    return this.#state !== 'gone'
  }

  confirm(): void {
    if (this.#state !== 'answered' || this.#confirmed) return
    this.#confirmed = true
    this.#phone.heard.push('ack')
  }

  /** Stops it: CANCEL while it rings, BYE (of what is confirmed first) once it was answered. */
  stop(): void {
    if (this.#state === 'gone') return
    if (this.#state === 'answered') this.confirm()
    this.#phone.heard.push(this.#state === 'answered' ? 'bye' : 'cancel')
    this.#leave()
  }

  #answer(): void {
    this.#state = 'answered'
    const { hangsUp, holds, resumes } = this.#phone.script
    if (holds !== undefined) this.#after(holds, () => this.listener?.onHeld())
    if (resumes !== undefined) this.#after(resumes, () => this.listener?.onResumed())
    if (hangsUp !== undefined) {
      this.#after(hangsUp, () => {
        this.#leave()
        this.listener?.onHungUp()
      })
    }
    this.listener?.onAnswered()
  }

  #leave(): void {
    this.#state = 'gone'
    for (const timer of this.#timers) this.#clock.clearTimeout(timer)
    this.#onGone()
  }

  #after(milliseconds: number, task: () => void): void {
    this.#timers.push(this.#clock.setTimeout(task, milliseconds))
  }
}

/** A phone or a carrier, and what it was told in its life. */
export class FakePhone {
  script: PhoneScript
  readonly heard: PhoneMessage[] = []
  readonly calls = new Set<FakeCall>()

  constructor(script: PhoneScript) {
    this.script = script
  }
}

/** The phones and carriers that fake drivers reach. */
export class FakeNetwork implements PhoneRegistry {
  readonly #clock: Clock
  readonly #lines = new Map<string, readonly FakePhone[]>()
  readonly #trunks = new Map<string, FakePhone>()
  /** Every call that may still be up, by the number that a recovery record names. */
  readonly #calls = new Map<number, FakeCall>()
  #nextCall = 1

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Registers these phones to a line, in place of those before. */
  setLine(line: LineAddress, scripts: readonly PhoneScript[]): readonly FakePhone[] {
    const phones = scripts.map((script) => new FakePhone(script))
    this.#lines.set(`${line.account}/${line.number}`, phones)
    return phones
  }

  setTrunk(name: string, script: PhoneScript): FakePhone {
    const carrier = new FakePhone(script)
    this.#trunks.set(name, carrier)
    return carrier
  }

  phones(line: LineAddress): readonly FakePhone[] {
    return this.#lines.get(`${line.account}/${line.number}`) ?? []
  }

  contacts(line: LineAddress): readonly PhoneContact[] {
    return this.phones(line).map((_, index) => ({ uri: `fake:${line.number}/${index}`, expiresAt: 0, reachable: true }))
  }

  presence(line: LineAddress): Presence {
    const contacts = this.phones(line).length
    return { reachable: contacts > 0, contacts }
  }

  trunk(name: string): FakePhone | undefined {
    return this.#trunks.get(name)
  }

  /** A number for a call to come, so that it can be written down before it is made. */
  reserve(): number {
    return this.#nextCall++
  }

  call(number: number, phone: FakePhone, listener: FakeCallListener): FakeCall {
    const call: FakeCall = new FakeCall(phone, this.#clock, listener, () => {
      this.#calls.delete(number)
      phone.calls.delete(call)
    })
    this.#calls.set(number, call)
    phone.calls.add(call)
    return call
  }

  find(number: number): FakeCall | undefined {
    return this.#calls.get(number)
  }
}
