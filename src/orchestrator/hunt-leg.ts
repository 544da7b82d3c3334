import type { LegName } from '../call/call.ts'
import type { LegRecovery } from '../call/call-event.ts'
import type { EndCause } from '../call/end-cause.ts'
import type { Source } from '../call/source.ts'
import type { DialRequest, LegDestination, LegEvent, LegHandle, Playback } from '../telephony/driver.ts'
import { LegPlayback } from '../telephony/leg-playback.ts'
import type { HuntRounds } from './hunt.ts'

/** What is the same for every member; who is shown what depends on whom. Its journal is told, too, which of several has answered. */
export interface HuntRequest extends Omit<DialRequest, 'destination' | 'callerId' | 'journal'> {
  readonly journal: (...record: [...Parameters<DialRequest['journal']>, member?: LegDestination]) => Promise<void>
}

/** Dials one member; the leg's own driver does. */
export type DialMember = (
  request: HuntRequest,
  destination: LegDestination,
  listener: (event: LegEvent) => void,
) => LegHandle

/** One member who is being rung. */
interface Attempt {
  readonly destination: LegDestination
  handle: LegHandle | undefined
  recovery: LegRecovery | undefined
}

type LegEnd = Extract<LegEvent, { type: 'ended' }>

const huntDriver = 'hunt'

/** The log's record of a leg, as its drivers wrote it: several where several members were rung at once. */
export const recoveriesOf = (recovery: LegRecovery): readonly LegRecovery[] =>
  recovery.driver === huntDriver ? (recovery.data as readonly LegRecovery[]) : [recovery]

/**
 * One leg that several may answer. Rings round after round, in a round all at once; the first to answer has the leg, the others
 * are let go. To the call it is a leg like any other: one `ringing`, one `answered`, one `ended`, when nobody is left.
 */
export class HuntLeg implements LegHandle {
  readonly callId: string
  readonly leg: LegName
  readonly #request: HuntRequest
  readonly #rounds: Iterator<readonly LegDestination[]>
  readonly #dialMember: DialMember
  readonly #listener: (event: LegEvent) => void
  readonly #attempts = new Set<Attempt>()
  #winner: Attempt | undefined
  #rang = false
  #verdict: EndCause | undefined
  /** How it ends if nobody is left to ring. */
  #lastFailure: Pick<LegEnd, 'cause' | 'sipStatus'>
  /** What the member who had the leg ended with. */
  #last: LegEnd | undefined
  #ended = false

  constructor(
    request: HuntRequest,
    rounds: HuntRounds,
    dialMember: DialMember,
    listener: (event: LegEvent) => void,
    causeIfNobody: EndCause = 'unavailable',
  ) {
    this.#lastFailure = { cause: causeIfNobody }
    this.callId = request.callId
    this.leg = request.leg
    this.#request = request
    this.#rounds = rounds[Symbol.iterator]()
    this.#dialMember = dialMember
    this.#listener = listener
  }

  /** Begins; events come after this has returned. */
  start(): this {
    queueMicrotask(() => this.#dialNextRound())
    return this
  }

  get speaker(): LegHandle | undefined {
    const [only] = this.#attempts
    return (this.#winner ?? (this.#attempts.size === 1 ? only : undefined))?.handle?.speaker
  }

  hear(source: Source<LegHandle>): Playback {
    return this.#winner?.handle?.hear(source) ?? new LegPlayback().end('stopped')
  }

  sendDigits(digits: string): void {
    this.#winner?.handle?.sendDigits(digits)
  }

  hangup(cause: EndCause, told?: EndCause): void {
    if (this.#ended || this.#verdict !== undefined) return
    this.#verdict = cause
    for (const attempt of [...this.#attempts]) attempt.handle?.hangup(cause, told)
    this.#finishIfGone()
  }

  #dialNextRound(): void {
    if (this.#verdict !== undefined) return this.#finishIfGone()
    const { value: members, done } = this.#rounds.next()
    if (done === true) {
      this.#verdict = this.#lastFailure.cause
      this.#last = { type: 'ended', ...this.#lastFailure }
      return this.#finishIfGone()
    }
    // Every attempt is known before the first is dialled: the log holds all that are rung, whoever is journalled first.
    const attempts = members.map((destination): Attempt => ({ destination, handle: undefined, recovery: undefined }))
    for (const attempt of attempts) this.#attempts.add(attempt)
    for (const attempt of attempts) attempt.handle = this.#dial(attempt)
  }

  #dial(attempt: Attempt): LegHandle {
    const journal: DialRequest['journal'] = (moment, recovery, dialled) => {
      attempt.recovery = recovery
      const recoveries = [...this.#attempts].flatMap((each) => (each.recovery === undefined ? [] : [each.recovery]))
      const together = recoveries.length === 1 ? recovery : { driver: huntDriver, data: recoveries }
      // Only the first answer is the leg's: another member's is hung up as soon as it is confirmed.
      const isFirstAnswer = moment === 'answered' && (this.#winner === undefined || this.#winner === attempt)
      if (isFirstAnswer) this.#winner = attempt
      if (isFirstAnswer) return this.#request.journal('answered', together, dialled, attempt.destination)
      return this.#request.journal('dialled', together, dialled)
    }
    const request = { ...this.#request, journal }
    return this.#dialMember(request, attempt.destination, (event) => this.#onEvent(attempt, event))
  }

  #onEvent(attempt: Attempt, event: LegEvent): void {
    switch (event.type) {
      case 'ringing':
        // Who rings behind an answer is about to be told to stop.
        if (this.#rang || this.#winner !== undefined) return
        this.#rang = true
        return this.#listener(event)
      case 'early-media':
        if (this.#attempts.size === 1) this.#listener(event)
        return
      case 'answered':
        return this.#answered(attempt)
      case 'attempt-ended':
        return this.#listener(event)
      case 'dtmf':
      case 'held':
      case 'resumed':
        if (attempt === this.#winner) this.#listener(event)
        return
      case 'ended':
        return this.#memberEnded(attempt, event)
    }
  }

  #answered(attempt: Attempt): void {
    if (this.#verdict !== undefined || (this.#winner !== undefined && this.#winner !== attempt)) {
      return attempt.handle?.hangup(this.#verdict ?? 'cancelled')
    }
    this.#winner = attempt
    for (const other of [...this.#attempts]) if (other !== attempt) other.handle?.hangup('cancelled')
    this.#listener({ type: 'answered' })
  }

  #memberEnded(attempt: Attempt, event: LegEnd): void {
    this.#attempts.delete(attempt)
    if (attempt === this.#winner) {
      // The leg is this member's: what remains of the others was told to go when it answered.
      this.#verdict ??= event.cause
      for (const other of [...this.#attempts]) other.handle?.hangup('cancelled')
      this.#last = event
      return this.#finishIfGone()
    }
    if (this.#winner === undefined && this.#verdict === undefined) {
      // That somebody was rung says more than that somebody was not there.
      if (event.cause !== 'unavailable') this.#lastFailure = failureOf(event)
      if (this.#attempts.size === 0) this.#dialNextRound()
      return
    }
    this.#finishIfGone()
  }

  #finishIfGone(): void {
    if (this.#ended || this.#verdict === undefined || this.#attempts.size > 0) return
    this.#ended = true
    this.#listener({ ...this.#last, type: 'ended', cause: this.#verdict })
  }
}

const failureOf = ({ cause, sipStatus }: LegEnd): Pick<LegEnd, 'cause' | 'sipStatus'> =>
  sipStatus === undefined ? { cause } : { cause, sipStatus }
