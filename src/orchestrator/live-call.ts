import { type LegName, otherLeg } from '../call/call.ts'
import type { CallerId, LegTarget } from '../call/call-request.ts'
import { type Destination, memberOf } from '../call/destination.ts'
import type { EndCause } from '../call/end-cause.ts'
import type { Refusal } from '../call/refusal.ts'
import type { ToneSource } from '../call/source.ts'
import { type CallEffect, type CallInput, type CallMachine, newCallMachine, step } from '../call/step.ts'
import { type Clock, callWhenDue, type Timer } from '../clock.ts'
import type { CallLog } from '../events/call-log.ts'
import type { Log } from '../log.ts'
import type { Driver, LegDestination, LegEvent, LegHandle } from '../telephony/driver.ts'
import type { PhoneRegistry } from '../telephony/phone-registry.ts'
import { CallJournal } from './call-journal.ts'
import { type Hunt, huntRounds, isReachable } from './hunt.ts'
import { type DialMember, HuntLeg, type HuntRequest } from './hunt-leg.ts'
import { LegGate } from './leg-gate.ts'
import type { LineActivity } from './line-activity.ts'

/** Everything about one leg that was settled before the call was accepted. */
export interface LegPlan {
  /** As the client said it. */
  readonly target: LegTarget
  readonly destination: LegDestination | Hunt
  /** Whom the leg is for, as history and every API name it. */
  readonly party: Destination
  /** What a line is shown. */
  readonly callerId: CallerId
  /** What an outside number is shown. */
  readonly outsideCallerId: CallerId
  readonly autoAnswer: boolean
  readonly link?: string
  readonly ringSeconds: number
  /** How long one member of a hunt rings before the next does. */
  readonly memberRingSeconds: number
  /** Whom else to ring, as the line's owner would dial them, where the leg ends so. */
  readonly forwardOn: Partial<Record<EndCause, string>>
  /** The plan for whom the line or one of its phones names in its place, as its owner would dial; absent where nobody may be rung so. */
  readonly forward?: (dialled: string) => LegPlan | { readonly refusal: Refusal }
}

export interface CallPlan {
  readonly id: string
  readonly account: string
  /** The client's own id: of the account's calls that live, one alone may carry it. */
  readonly externalId?: string
  /** How long the two may talk at most, in seconds: a call that everybody forgot must end. */
  readonly longestSeconds: number
  /** ISO 3166 country of the account: its ringback is what the first party hears. */
  readonly country: string
  readonly legs: Readonly<Record<LegName, LegPlan>>
}

export interface LiveCallContext {
  readonly driver: Driver
  readonly phones: Pick<PhoneRegistry, 'presence'>
  readonly activity: LineActivity
  readonly callLog: CallLog
  readonly clock: Clock
  readonly log: Log
  /** Called once, when `call.ended` is on disk. */
  readonly onEnded: (call: LiveCall) => void
}

/**
 * The shell of one call: feeds what happens into the pure {@link step} and carries out what comes back. It holds no rules of
 * its own; which effect belongs to which input stands in `call/step.ts`.
 */
export class LiveCall {
  readonly plan: CallPlan
  readonly #context: LiveCallContext
  #machine: CallMachine = newCallMachine
  /** Whom each leg dials; a redirect exchanges one. */
  #legs: CallPlan['legs']
  readonly #handles: { first?: LegHandle; second?: LegHandle } = {}
  /** Which leg the machine calls the first and the second. */
  #roles: Readonly<Record<LegName, LegName>> = { first: 'first', second: 'second' }
  #dueAt = 0
  #cancelDelay = () => {}
  /** Runs from the moment when the two talk first. */
  #longest: Timer | undefined
  readonly #journal: CallJournal
  /** In front of the second party's leg, while the first one's answer is being written down. */
  #gate: LegGate | undefined

  constructor(plan: CallPlan, context: LiveCallContext) {
    this.plan = plan
    this.#legs = plan.legs
    this.#context = context
    this.#journal = new CallJournal(plan.id, context, () => context.onEnded(this))
  }

  get id(): string {
    return this.plan.id
  }

  /** Whom each leg dials now. */
  get legs(): CallPlan['legs'] {
    return this.#legs
  }

  start(): void {
    this.#take({ type: 'start' })
  }

  /** Waits until `dueAt` (milliseconds since the epoch), then starts; at once if that has passed. */
  startAt(dueAt: number): void {
    this.#dueAt = dueAt
    this.#take({ type: 'schedule' })
  }

  /** Ends the call, whatever it is doing. */
  end(cause: EndCause): void {
    this.#take({ type: 'end', cause })
  }

  /**
   * Keeps the party of leg `stays` and dials the other leg anew, as `plan` says. False unless both are connected.
   */
  redirect(stays: LegName, plan: LegPlan): boolean {
    if (this.#machine.state !== 'bridged') return false
    const replaced = otherLeg(stays)
    this.#roles = { first: stays, second: replaced }
    this.#legs = { ...this.#legs, [replaced]: plan }
    this.#take({ type: 'redirect' })
    return true
  }

  /** Forgets a delayed call that waits, leaving it to the next start; false if the call is further than that. */
  suspend(): boolean {
    if (this.#machine.state !== 'scheduled') return false
    this.#cancelDelay()
    return true
  }

  #take(input: CallInput): void {
    const { next, effects } = step(this.#machine, input)
    this.#machine = next
    if (next.cause !== undefined) this.#barSecond()
    for (const effect of effects) this.#carryOut(effect)
    this.#journal.write()
  }

  #carryOut(effect: CallEffect): void {
    switch (effect.type) {
      case 'arm-delay':
        this.#cancelDelay = callWhenDue(this.#context.clock, this.#dueAt, () => this.#take({ type: 'start' }))
        break
      case 'disarm-delay':
        this.#cancelDelay()
        break
      case 'dial':
        if (effect.leg === 'second' && this.#gate !== undefined) this.#letSecondGo(this.#gate)
        else this.#dial(this.#roles[effect.leg])
        break
      case 'play-ringback':
        this.#handleOf('first')?.hear(this.#ringback)
        break
      case 'hear-second':
        this.#hearSecond()
        break
      case 'join-media':
        void this.#joinMedia()
        break
      case 'announce-bridged':
        this.#journal.record({ type: 'call.bridged' })
        this.#longest ??= this.#context.clock.setTimeout(() => this.end('completed'), this.plan.longestSeconds * 1000)
        break
      case 'announce-redirected': {
        const leg = this.#roles.second
        this.#journal.record({ type: 'call.redirected', leg, destination: this.#legs[leg].party })
        break
      }
      case 'announce-ending':
        // With no leg left to hang up, `call.ended` follows in the same breath and says it all.
        if (this.#machine.state === 'ending') this.#journal.record({ type: 'call.ending', ...this.#verdict() })
        break
      case 'hang-up':
        this.#handleOf(effect.leg)?.hangup(effect.cause, effect.told)
        break
      case 'finish':
        this.#context.clock.clearTimeout(this.#longest)
        this.#journal.record({ type: 'call.ended', ...this.#verdict() })
        break
    }
  }

  /** Its record is written right behind the first party's answer, into the same commit. */
  #dialSecondAhead(): void {
    if (this.#machine.state !== 'first-ringing' || this.#gate !== undefined) return
    this.#gate = new LegGate()
    this.#dial(this.#roles.second, this.#gate)
  }

  #letSecondGo(gate: LegGate): void {
    this.#gate = undefined
    gate.open()
  }

  /** The first party went while its answer was being written down: the second is never rung. */
  #barSecond(): void {
    const gate = this.#gate
    if (gate === undefined) return
    this.#gate = undefined
    this.#handleOf('second')?.hangup('cancelled')
    gate.bar()
    if (gate.isRecorded) this.#journal.record({ type: 'leg.ended', leg: this.#roles.second, cause: 'cancelled' })
  }

  #dial(leg: LegName, gate?: LegGate): void {
    const plan = this.#legs[leg]
    const partner = leg === this.#roles.second ? this.#handleOf('first') : undefined
    const request: HuntRequest = {
      callId: this.id,
      leg,
      autoAnswer: plan.autoAnswer,
      ...(plan.link === undefined ? {} : { link: plan.link }),
      ringSeconds: plan.ringSeconds,
      ...(plan.forward === undefined ? {} : { mayBeForwarded: true }),
      ...(partner === undefined ? {} : { partner }),
      journal: async (moment, recovery, attempt) => {
        if (gate?.isBarred) return
        const written = this.#journal.append(
          moment === 'dialled'
            ? { type: 'leg.dialled', leg, recovery, ...(attempt?.trunk === undefined ? {} : { trunk: attempt.trunk }) }
            : {
                type: 'leg.answered',
                leg,
                recovery,
                ...(attempt === undefined ? {} : { attempt }),
                ...this.#memberOf(leg),
              },
        )
        if (gate !== undefined) gate.isRecorded = true
        if (moment === 'answered' && leg === this.#roles.first) this.#dialSecondAhead()
        await written
        await gate?.decided
        if (gate?.isBarred) return
        if (moment === 'dialled' && leg === this.#roles.second) this.#take({ type: 'second-dialled' })
      },
    }
    const take = (event: LegEvent) => {
      if (!this.#isForwarded(leg, event)) this.#onLegEvent(leg, event)
    }
    const listener = gate === undefined ? take : (event: LegEvent) => gate.whenOpen(() => take(event))
    if (plan.destination.kind !== 'hunt') {
      this.#handles[leg] = this.#dialOne(request, plan.destination, listener)
      return
    }
    const rounds = huntRounds(plan.destination, this.#context)
    const ringSeconds = Math.min(plan.ringSeconds, plan.memberRingSeconds)
    const dialMember: DialMember = (...member) => this.#dialOne(...member)
    // Phones that are there and not free are on other calls, or their owners are still busy with the last.
    const causeIfNobody = isReachable(plan.destination, this.#context.phones) ? 'busy' : 'unavailable'
    this.#handles[leg] = new HuntLeg({ ...request, ringSeconds }, rounds, dialMember, listener, causeIfNobody).start()
  }

  /** Whether somebody else is rung now because the line or a phone of it says so: then the leg goes on, and has not ended. */
  #isForwarded(leg: LegName, event: LegEvent): boolean {
    const isOver = this.#machine.cause !== undefined
    if (event.type !== 'ended' || isOver) return false
    const { forwardOn, forward } = this.#legs[leg]
    const dialled = event.forwardTo ?? forwardOn[event.cause]
    const plan = dialled === undefined ? undefined : forward?.(dialled)
    if (plan === undefined) return false
    if ('refusal' in plan) {
      this.#context.log.warn({ callId: this.id, leg, reason: plan.refusal.code }, 'a forward is not followed')
      return false
    }
    this.#legs = { ...this.#legs, [leg]: plan }
    this.#journal.record({ type: 'leg.forwarded', leg, destination: plan.party })
    this.#journal.write()
    this.#dial(leg)
    return true
  }

  /** Who of several has answered, for the history. */
  #memberOf(leg: LegName): { destination?: Destination } {
    const handle = this.#handles[leg]
    const member = handle instanceof HuntLeg ? handle.answeredBy : undefined
    if (member === undefined) return {}
    const who = member.kind === 'line' ? member.line : member
    const kind = member.kind === 'line' ? 'line' : 'number'
    return { destination: memberOf({ kind, number: who.number }, this.#legs[leg].party) }
  }

  /** One party by the driver; while it lasts, its line is busy. */
  #dialOne(request: HuntRequest, destination: LegDestination, listener: (event: LegEvent) => void): LegHandle {
    const { driver, activity } = this.#context
    const { callerId, outsideCallerId } = this.#legs[request.leg]
    if (destination.kind !== 'line') {
      return driver.dial({ ...request, destination, callerId: outsideCallerId }, listener)
    }
    const release = activity.occupy(destination.line)
    return driver.dial({ ...request, destination, callerId }, (event) => {
      if (event.type === 'ended') release()
      listener(event)
    })
  }

  #onLegEvent(leg: LegName, event: LegEvent): void {
    switch (event.type) {
      case 'ringing':
        this.#journal.record({ type: 'leg.ringing', leg })
        this.#journal.write()
        break
      case 'early-media':
        if (leg === this.#roles.second) this.#take({ type: 'second-early-media' })
        break
      case 'answered':
        this.#take({ type: leg === this.#roles.first ? 'first-answered' : 'second-answered' })
        break
      case 'attempt-ended':
        this.#journal.record({ type: 'leg.attempt-ended', leg, attempt: event.attempt })
        this.#journal.write()
        break
      case 'ended':
        this.#legEnded(leg, event)
        break
      case 'dtmf':
        this.#context.log.debug({ callId: this.id, leg }, 'digit received')
        break
    }
  }

  #legEnded(leg: LegName, { cause, sipStatus, media }: Extract<LegEvent, { type: 'ended' }>): void {
    // Of any other cause the status is known; it stands in the attempts.
    const status = cause === 'carrier-refused' && sipStatus !== undefined ? { sipStatus } : {}
    this.#journal.record({ type: 'leg.ended', leg, cause, ...status, ...(media === undefined ? {} : { media }) })
    this.#take({ type: leg === this.#roles.first ? 'first-ended' : 'second-ended', cause, ...status })
  }

  #handleOf(role: LegName): LegHandle | undefined {
    return this.#handles[this.#roles[role]]
  }

  get #ringback(): ToneSource {
    return { kind: 'tone', tone: 'ringback', country: this.plan.country }
  }

  #hearSecond(): void {
    const second = this.#handleOf('second')
    if (second === undefined) return
    this.#handleOf('first')?.hear({ kind: 'legs', legs: [second], meanwhile: this.#ringback })
  }

  async #joinMedia(): Promise<void> {
    const [first, second] = [this.#handleOf('first'), this.#handleOf('second')]
    if (first === undefined || second === undefined) return
    const playbacks = [first.hear({ kind: 'legs', legs: [second] }), second.hear({ kind: 'legs', legs: [first] })]
    const begun = await Promise.all(playbacks.map((playback) => playback.begun))
    if (begun.every((isHeard) => isHeard)) return this.#take({ type: 'media-joined' })
    const ends = await Promise.all(playbacks.filter((_, index) => !begun[index]).map(({ done }) => done))
    // A party that hung up in this very moment says so next, and with it how the call ends.
    if (ends.includes('failed')) this.#take({ type: 'media-refused', cause: 'media-failed' })
  }

  #verdict(): { cause: EndCause; sipStatus?: number; endedBy?: LegName } {
    const { cause = 'failed', sipStatus, endedBy } = this.#machine
    return {
      cause,
      ...(sipStatus === undefined ? {} : { sipStatus }),
      ...(endedBy === undefined ? {} : { endedBy: this.#roles[endedBy] }),
    }
  }
}
