import { type CallState, type LegName, otherLeg } from '../call/call.ts'
import type { CallAction } from '../call/call-action.ts'
import {
  type CallEffect,
  type CallInput,
  type CallMachine,
  describeMachine,
  newCallMachine,
  stateOf,
} from '../call/call-machine.ts'
import { desiredMedia } from '../call/desired-media.ts'
import { type Destination, memberOf } from '../call/destination.ts'
import type { EndCause } from '../call/end-cause.ts'
import { mayAct, mayForward, mayRedirect, step } from '../call/step.ts'
import { type Clock, callWhenDue, type Timer } from '../clock.ts'
import type { CallLog } from '../events/call-log.ts'
import type { Log } from '../log.ts'
import type { LegDestination, LegEvent } from '../telephony/driver.ts'
import { CallJournal } from './call-journal.ts'
import { CallMedia, type LegHandles } from './call-media.ts'
import type { CallPlan, LegPlan } from './call-plan.ts'
import { type DialLegContext, dialLeg } from './dial-leg.ts'
import type { HuntRequest } from './hunt-leg.ts'
import { LegGate } from './leg-gate.ts'

export interface LiveCallContext extends DialLegContext {
  readonly callLog: CallLog
  readonly clock: Clock
  readonly log: Log
  /** Called once, when `call.ended` is on disk. */
  readonly onEnded: (call: LiveCall) => void
}

/**
 * The shell of one call: feeds what happens into the pure {@link step}, carries out what comes back, and brings what each leg hears
 * to what the machine wants. It holds no rules of its own.
 */
export class LiveCall {
  readonly plan: CallPlan
  readonly #context: LiveCallContext
  readonly #journal: CallJournal
  readonly #media: CallMedia
  #machine: CallMachine
  /** Whom each leg dials now: a forward or a redirect exchanges one. */
  #legs: CallPlan['legs']
  readonly #handles: LegHandles = {}
  /** In front of a leg that is dialled ahead of its time. */
  readonly #gates: Partial<Record<LegName, LegGate>> = {}
  /** Inputs that came while another was being taken. */
  readonly #waiting: CallInput[] = []
  #isTaking = false
  #hasFailed = false
  #dueAt = 0
  #cancelDelay = () => {}
  #limit: Timer | undefined

  constructor(plan: CallPlan, context: LiveCallContext) {
    this.plan = plan
    this.#legs = plan.legs
    this.#context = context
    this.#machine = newCallMachine(plan)
    this.#journal = new CallJournal(plan.id, context, () => context.onEnded(this))
    this.#media = new CallMedia((leg, what) => this.#take({ type: `leg-${what}`, leg }))
  }

  get id(): string {
    return this.plan.id
  }

  /** Whom each leg dials now. */
  get legs(): CallPlan['legs'] {
    return this.#legs
  }

  get state(): CallState {
    return stateOf(this.#machine)
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

  /** Keeps the party of leg `stays` and dials the other leg anew, as `plan` says. False unless both are connected. */
  redirect(stays: LegName, plan: LegPlan): boolean {
    if (!mayRedirect(this.#machine)) return false
    this.#legs = { ...this.#legs, [otherLeg(stays)]: plan }
    this.#take({ type: 'redirect', stays, destination: plan.party })
    return true
  }

  /** False unless both are connected. */
  act(action: CallAction): boolean {
    if (!mayAct(this.#machine)) return false
    this.#take({ type: 'act', action })
    return true
  }

  /** Forgets a delayed call that waits, leaving it to the next start; false if the call is further than that. */
  suspend(): boolean {
    if (this.#machine.intent.kind !== 'delay') return false
    this.#cancelDelay()
    return true
  }

  /** The only way into the machine: one input after the other, whoever tells it. */
  #take(input: CallInput): void {
    this.#waiting.push(input)
    if (this.#isTaking) return
    this.#isTaking = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#takeOne(next)
    this.#isTaking = false
    this.#journal.write()
  }

  #takeOne(input: CallInput): void {
    const before = this.#machine
    this.#supervise(before, input, () => {
      const { next, effects } = step(before, input)
      this.#machine = next
      // What the driver does not do keeps nothing else from being done.
      for (const effect of effects) this.#supervise(before, input, () => this.#carryOut(effect))
      this.#media.bring(desiredMedia(next), this.#handles)
    })
  }

  /** What the machine does not take, or the driver does not do, is a fault of ours: it costs this call, and no other. */
  #supervise<Result>(before: CallMachine, { type }: CallInput, task: () => Result): Result | undefined {
    try {
      return task()
    } catch (error) {
      const about = { callId: this.id, input: type, ...describeMachine(before), err: error }
      this.#context.log.error(about, 'a call met what it cannot take, and ends as failed')
      if (!this.#hasFailed) this.#waiting.unshift({ type: 'end', cause: 'failed' })
      this.#hasFailed = true
      return undefined
    }
  }

  #carryOut(effect: CallEffect): void {
    const { clock } = this.#context
    switch (effect.type) {
      case 'arm-delay':
        this.#cancelDelay = callWhenDue(clock, this.#dueAt, () => this.#take({ type: 'start' }))
        break
      case 'disarm-delay':
        this.#cancelDelay()
        break
      case 'dial':
        this.#dial(effect.leg)
        break
      case 'dial-ahead':
        this.#gates[effect.leg] = new LegGate()
        this.#dial(effect.leg, this.#gates[effect.leg])
        break
      case 'release':
        this.#gates[effect.leg]?.open()
        break
      case 'bar':
        this.#handles[effect.leg]?.hangup('cancelled')
        this.#gates[effect.leg]?.bar()
        break
      case 'arm-limit':
        this.#limit = clock.setTimeout(() => this.end('completed'), this.plan.longestSeconds * 1000)
        break
      case 'disarm-limit':
        clock.clearTimeout(this.#limit)
        break
      case 'hang-up':
        this.#hangUp(effect.leg, effect.cause, effect.told)
        break
      case 'send-digits':
        this.#handles[effect.leg]?.sendDigits(effect.digits)
        break
      case 'record':
        this.#journal.record(effect.event)
        break
    }
  }

  #dial(leg: LegName, gate?: LegGate): void {
    const plan = this.#legs[leg]
    const { intent } = this.#machine
    const partner = 'present' in intent && intent.present !== leg ? this.#handles[intent.present] : undefined
    const request: HuntRequest = {
      callId: this.id,
      leg,
      autoAnswer: plan.autoAnswer,
      ...(plan.link === undefined ? {} : { link: plan.link }),
      ringSeconds: plan.ringSeconds,
      ...(plan.forward === undefined ? {} : { mayBeForwarded: true }),
      ...(partner === undefined ? {} : { partner }),
      journal: async (moment, recovery, attempt, member) => {
        if (gate?.isBarred) return
        const written = this.#journal.append(
          moment === 'dialled'
            ? { type: 'leg.dialled', leg, recovery, ...(attempt?.trunk === undefined ? {} : { trunk: attempt.trunk }) }
            : {
                type: 'leg.answered',
                leg,
                recovery,
                ...(attempt === undefined ? {} : { attempt }),
                ...(member === undefined ? {} : { destination: nameMember(member, plan.party) }),
              },
        )
        this.#take({ type: moment === 'dialled' ? 'leg-recorded' : 'leg-answering', leg })
        await written
        await gate?.decided
      },
    }
    const take = (event: LegEvent) => this.#takeLegEvent(leg, event)
    const listener = gate === undefined ? take : (event: LegEvent) => gate.whenOpen(() => take(event))
    // Where the driver fails to dial it anew, the handle of before says no more that it is over.
    delete this.#handles[leg]
    this.#handles[leg] = dialLeg(plan, request, listener, this.#context)
  }

  #hangUp(leg: LegName, cause: EndCause, told: EndCause | undefined): void {
    const handle = this.#handles[leg]
    if (handle !== undefined) handle.hangup(cause, told)
    // The driver has failed to dial it: nobody else will say that it is over.
    else this.#take({ type: 'leg-ended', leg, cause })
  }

  #takeLegEvent(leg: LegName, event: LegEvent): void {
    switch (event.type) {
      case 'ended': {
        const { type: _, forwardTo, ...end } = event
        const ended: CallInput = { ...end, type: 'leg-ended', leg }
        const plan = () => this.#planForward(leg, forwardTo, event.cause)
        const forward = this.#supervise(this.#machine, ended, plan)
        if (forward !== undefined) this.#legs = { ...this.#legs, [leg]: forward }
        this.#take(forward === undefined ? ended : { ...ended, forward: forward.party })
        break
      }
      case 'attempt-ended':
        this.#take({ type: 'leg-attempt-ended', leg, attempt: event.attempt })
        break
      case 'dtmf':
        this.#context.log.debug({ callId: this.id, leg }, 'digit received')
        break
      default:
        this.#take({ type: `leg-${event.type}`, leg })
    }
  }

  /** Who is rung in the place of the leg's party, because its line or a phone of it says so. */
  #planForward(leg: LegName, forwardTo: string | undefined, cause: EndCause): LegPlan | undefined {
    if (!mayForward(this.#machine, leg)) return undefined
    const { forwardOn, forward } = this.#legs[leg]
    const dialled = forwardTo ?? forwardOn[cause]
    const plan = dialled === undefined ? undefined : forward?.(dialled)
    if (plan === undefined || !('refusal' in plan)) return plan
    this.#context.log.warn({ callId: this.id, leg, reason: plan.refusal.code }, 'a forward is not followed')
    return undefined
  }
}

/** Who of several has answered, for the history. */
const nameMember = (member: LegDestination, party: Destination): Destination =>
  memberOf(
    member.kind === 'line' ? { kind: 'line', number: member.line.number } : { kind: 'number', number: member.number },
    party,
  )
