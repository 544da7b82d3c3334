import type { LegAttempt, LegName } from '../../src/call/call.ts'
import type { LegRecovery } from '../../src/call/call-event.ts'
import type { EndCause } from '../../src/call/end-cause.ts'
import type { Source } from '../../src/call/source.ts'
import type { Clock, Timer } from '../../src/clock.ts'
import type { DialRequest, LegEvent, LegHandle, Playback } from '../../src/telephony/driver.ts'
import { LegPlayback } from '../../src/telephony/leg-playback.ts'
import type { FakeCall, FakeNetwork, FakePhone } from './fake-network.ts'
import { testClipMilliseconds, testSounds } from './test-sounds.ts'

export const fakeDriverName = 'fake'

export interface FakeLegContext {
  readonly network: FakeNetwork
  readonly clock: Clock
  readonly bridgeMilliseconds: number
  readonly isDeaf: boolean
  readonly farewellMilliseconds: number
  readonly onGone: (leg: FakeLeg) => void
}

const triesNextTrunk: ReadonlySet<EndCause> = new Set(['congestion', 'carrier-refused', 'invalid-number', 'failed'])

type FakeLegPhase = 'dialling' | 'answering' | 'answered' | 'ending' | 'ended'

/** One leg: every phone of a line at once, or one trunk after the other. */
export class FakeLeg implements LegHandle {
  readonly callId: string
  readonly leg: LegName
  /** What it was made to hear, in order: `ringback`, `second`, `second or ringback`, `silence`, `clip digit-1 digit-2`, `music`. */
  readonly sounds: string[] = []
  /** The key presses that it was sent. */
  digits = ''
  readonly #request: DialRequest
  readonly #listener: (event: LegEvent) => void
  readonly #context: FakeLegContext
  readonly #calls = new Map<number, FakeCall>()
  readonly #attempts = new Map<number, LegAttempt>()
  #rounds: readonly (readonly FakePhone[])[] = []
  #phase: FakeLegPhase = 'dialling'
  #cause: EndCause = 'failed'
  #lastFailure: EndCause = 'unavailable'
  #forwardTo: string | undefined
  #winner: number | undefined
  #rang = false
  #writing = false
  #isDead = false
  #ringTimer: Timer | undefined
  #playback: LegPlayback | undefined
  #isHolding = false

  constructor(request: DialRequest, listener: (event: LegEvent) => void, context: FakeLegContext) {
    this.callId = request.callId
    this.leg = request.leg
    this.#request = request
    this.#listener = listener
    this.#context = context
  }

  get isUp(): boolean {
    return this.#phase !== 'ending' && this.#phase !== 'ended'
  }

  get isAnswered(): boolean {
    return this.#phase === 'answered'
  }

  start(): void {
    if (this.#phase !== 'dialling') return
    const { destination } = this.#request
    const { network } = this.#context
    if (destination.kind === 'line') {
      const phones = network.phones(destination.line)
      this.#rounds = phones.length === 0 ? [] : [phones]
    } else {
      if (destination.number === '') return this.hangup('invalid-number')
      this.#rounds = destination.trunks.map(({ name }) => [network.trunk(name)].filter((trunk) => trunk !== undefined))
      this.#lastFailure = 'failed'
    }
    void this.#dialRound()
  }

  get speaker(): LegHandle {
    return this
  }

  hear(source: Source<LegHandle>): Playback {
    this.#playback?.end('stopped')
    const playback = new LegPlayback()
    if (this.#phase !== 'answered') return playback.end('stopped')
    this.#playback = playback
    this.sounds.push(describeSource(source))
    const milliseconds = durationOf(source)
    if (milliseconds === undefined) return playback.end('failed')
    const { clock, bridgeMilliseconds, isDeaf } = this.#context
    const speakers = source.kind === 'legs' ? source.legs.map(({ speaker }) => speaker as FakeLeg | undefined) : []
    const begin = () => {
      const areUp = this.#phase === 'answered' && speakers.every((speaker) => speaker?.isUp)
      if (areUp && isDeaf && speakers.length > 0) playback.end('failed')
      else if (areUp) playback.begin()
      else playback.end('stopped')
    }
    if (Number.isFinite(milliseconds)) clock.setTimeout(() => playback.end('ended'), milliseconds)
    if (bridgeMilliseconds === 0 || !speakers.some((speaker) => speaker?.isAnswered)) begin()
    else clock.setTimeout(begin, bridgeMilliseconds)
    return playback
  }

  sendDigits(digits: string): void {
    if (this.#phase === 'answered') this.digits += digits
  }

  hangup(cause: EndCause): void {
    this.#end(cause, 'cancelled')
  }

  #end(cause: EndCause, attemptsEndAs: EndCause): void {
    if (this.#phase === 'ending' || this.#phase === 'ended') return
    const before = this.#phase
    this.#phase = 'ending'
    this.#cause = cause
    // While an answer is being written down, #answer ends it when it is through.
    for (const number of [...this.#calls.keys()])
      if (before !== 'answering' || number !== this.#winner) this.#stop(number, attemptsEndAs)
    this.#finishIfGone()
  }

  /** The process dies: the calls go on at the phones, nobody hears of them. */
  die(): void {
    this.#isDead = true
    this.#context.clock.clearTimeout(this.#ringTimer)
    for (const call of this.#calls.values()) call.listener = undefined
  }

  async #dialRound(): Promise<void> {
    const [phones, ...others] = this.#rounds
    this.#rounds = others
    if (phones === undefined) return this.hangup(this.#lastFailure)
    const numbers = phones.map(() => this.#context.network.reserve())
    for (const number of numbers) this.#attempts.set(number, this.#describe(phones))
    const [only = 0] = numbers
    const alone = numbers.length === 1 ? this.#attempts.get(only) : undefined
    if (!(await this.#write('dialled', numbers, alone))) this.hangup('failed')
    if (this.#isDead) return
    if (this.#phase !== 'dialling') return this.#finishIfGone()
    this.#ringTimer ??= this.#context.clock.setTimeout(
      () => this.#end('no-answer', 'no-answer'),
      this.#request.ringSeconds * 1000,
    )
    for (const [index, phone] of phones.entries()) this.#call(numbers[index] as number, phone)
    if (this.#calls.size === 0) await this.#dialRound()
  }

  #call(number: number, phone: FakePhone): void {
    const call = this.#context.network.call(number, phone, {
      onRinging: () => {
        if (this.#phase !== 'dialling' || this.#rang) return
        this.#rang = true
        this.#emit({ type: 'ringing' })
      },
      onEarlyMedia: () => {
        if (this.#phase === 'dialling' && this.#calls.size === 1) this.#emit({ type: 'early-media' })
      },
      onAnswered: () => void this.#answer(number),
      onHeld: () => this.#hold(number, true),
      onResumed: () => this.#hold(number, false),
      onRefused: (cause, forwardTo) => this.#refused(number, cause, forwardTo),
      onHungUp: () => this.#hungUp(number),
    })
    this.#calls.set(number, call)
  }

  async #answer(number: number): Promise<void> {
    if (this.#phase !== 'dialling') return this.#stop(number)
    this.#phase = 'answering'
    this.#winner = number
    this.#context.clock.clearTimeout(this.#ringTimer)
    const numbers = [...this.#calls.keys()]
    for (const other of numbers) if (other !== number) this.#stop(other)
    const isWritten = await this.#write('answered', numbers, this.#attempts.get(number))
    this.#attempts.delete(number)
    if (this.#isDead) return
    if (this.#isAnswering() && isWritten) {
      this.#phase = 'answered'
      this.#calls.get(number)?.confirm()
      this.#emit({ type: 'answered' })
      if (this.#isHolding) this.#emit({ type: 'held' })
      return
    }
    if (this.#isAnswering()) this.#phase = 'ending'
    this.#stop(number)
    this.#finishIfGone()
  }

  /** The phase as it is after an await, whatever the compiler believes that it still is. */
  #isAnswering(): boolean {
    return this.#phase === 'answering'
  }

  #hold(number: number, isHolding: boolean): void {
    if (number !== this.#winner || isHolding === this.#isHolding) return
    this.#isHolding = isHolding
    if (this.#phase === 'answered') this.#emit({ type: isHolding ? 'held' : 'resumed' })
  }

  #refused(number: number, cause: EndCause, forwardTo: string | undefined): void {
    this.#calls.delete(number)
    if (this.#phase !== 'dialling') return this.#finishIfGone()
    this.#attemptEnded(number, cause)
    this.#lastFailure = cause
    const isForwarded = forwardTo !== undefined && this.#request.mayBeForwarded === true
    if (isForwarded) this.#forwardTo = forwardTo
    if (cause === 'rejected' || isForwarded) return this.hangup(cause)
    if (this.#calls.size > 0) return
    if (triesNextTrunk.has(cause)) void this.#dialRound()
    else this.hangup(cause)
  }

  #hungUp(number: number): void {
    this.#calls.delete(number)
    if (number === this.#winner && (this.#phase === 'answered' || this.#phase === 'answering')) {
      this.#phase = 'ending'
      this.#cause = 'completed'
    }
    this.#finishIfGone()
  }

  #stop(number: number, attemptEndsAs: EndCause = 'cancelled'): void {
    this.#calls.get(number)?.stop()
    this.#calls.delete(number)
    this.#attemptEnded(number, attemptEndsAs)
  }

  #describe(phones: readonly FakePhone[]): LegAttempt {
    const { destination } = this.#request
    const at = this.#context.clock.now()
    if (destination.kind === 'line') return { at, line: destination.line.number, to: `fake:${destination.line.number}` }
    const trunk = destination.trunks.find(({ name }) => this.#context.network.trunk(name) === phones[0])?.name ?? ''
    return { at, trunk, to: `fake:${destination.number}` }
  }

  /** Once for each that was dialled, and never for the one that answered. */
  #attemptEnded(number: number, cause: EndCause): void {
    const attempt = this.#attempts.get(number)
    if (attempt === undefined || (number === this.#winner && this.#phase !== 'dialling')) return
    this.#attempts.delete(number)
    this.#emit({ type: 'attempt-ended', attempt: { ...attempt, cause } })
  }

  async #write(
    moment: 'dialled' | 'answered',
    numbers: readonly number[],
    attempt: LegAttempt | undefined,
  ): Promise<boolean> {
    const recovery: LegRecovery = { driver: fakeDriverName, data: numbers }
    this.#writing = true
    try {
      await this.#request.journal(moment, recovery, attempt)
      return true
    } catch {
      return false
    } finally {
      this.#writing = false
    }
  }

  #finishIfGone(): void {
    if (this.#phase !== 'ending' || this.#writing || this.#calls.size > 0) return
    this.#phase = 'ended'
    this.#playback?.end('stopped')
    this.#context.clock.clearTimeout(this.#ringTimer)
    const { clock, farewellMilliseconds } = this.#context
    if (farewellMilliseconds === 0) queueMicrotask(() => this.#tellEnd())
    else clock.setTimeout(() => this.#tellEnd(), farewellMilliseconds)
  }

  #tellEnd(): void {
    this.#context.onGone(this)
    const forwarding = this.#forwardTo === undefined ? {} : { forwardTo: this.#forwardTo }
    this.#emit({ type: 'ended', cause: this.#cause, ...forwarding })
  }

  #emit(event: LegEvent): void {
    if (!this.#isDead) this.#listener(event)
  }
}

function describeSource(source: Source<LegHandle>): string {
  switch (source.kind) {
    case 'silence':
      return 'silence'
    case 'tone':
      return source.tone
    case 'clip':
      return `clip ${source.clips.join(' ')}`
    case 'music':
      return ['music', source.name ?? []].flat().join(' ')
    case 'legs': {
      const meanwhile = source.meanwhile === undefined ? '' : ` or ${source.meanwhile.tone}`
      return `${source.legs.map(({ leg }) => leg).join(' and ')}${meanwhile}`
    }
  }
}

/** How long a source lasts that comes to an end by itself; undefined where there is no such sound. */
function durationOf(source: Source<LegHandle>): number | undefined {
  if (source.kind === 'music') return testSounds.music(source.account, source.name) && Number.POSITIVE_INFINITY
  if (source.kind !== 'clip') return Number.POSITIVE_INFINITY
  const sounds = source.clips.map((name) => testSounds.clip(source.account, name))
  return sounds.includes(undefined) ? undefined : sounds.length * testClipMilliseconds
}
