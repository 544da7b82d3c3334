import { type Call, type LegName, otherLeg } from '../call/call.ts'
import type { CallAction } from '../call/call-action.ts'
import type { LoggedCallEvent } from '../call/call-event.ts'
import type { CallRequest, LegTarget } from '../call/call-request.ts'
import type {
  ActOutcome,
  CallFilter,
  CallService,
  HangupOutcome,
  PlaceOutcome,
  RedirectOutcome,
  WaitCondition,
} from '../call/call-service.ts'
import type { EndCause } from '../call/end-cause.ts'
import { projectCall } from '../call/project-call.ts'
import type { Clock, Timer } from '../clock.ts'
import type { CallLog } from '../events/call-log.ts'
import type { Log } from '../log.ts'
import type { Random } from '../random.ts'
import type { CallStore } from '../store/call-store.ts'
import type { Driver } from '../telephony/driver.ts'
import { CallCounters } from './call-counters.ts'
import type { CallPlan } from './call-plan.ts'
import { LineActivity } from './line-activity.ts'
import { LiveCall, type LiveCallContext } from './live-call.ts'
import { type PlaceCallContext, placeCall } from './place-call.ts'
import { PlacementsUnderWay } from './placements-under-way.ts'
import { type PlanCallContext, planRedirect } from './plan-call.ts'
import { resumeCalls } from './resume-calls.ts'
import { waitForCall } from './wait-for-call.ts'

export interface OrchestratorOptions extends PlanCallContext {
  readonly store: CallStore
  readonly callLog: CallLog
  readonly driver: Driver
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Whether the account's calls can hear a clip of that name. */
  readonly hasClip: (account: string, name: string) => boolean
}

/** Holds the calls that are up and serves the dialects; the story of each stands in `place-call.ts`. */
export class Orchestrator implements CallService {
  readonly #options: OrchestratorOptions
  readonly #live = new Map<string, LiveCall>()
  /** Of the live calls that have one; see {@link externalIdOf}. */
  readonly #externalIds = new Set<string>()
  readonly #underWay = new PlacementsUnderWay()
  readonly #counters: CallCounters
  readonly #liveCallContext: LiveCallContext
  readonly #placeCallContext: PlaceCallContext
  /** Requests that are being placed. */
  #placing = 0
  #stopping = false
  #onIdle: (() => void) | undefined

  constructor(options: OrchestratorOptions) {
    this.#options = options
    const activity = new LineActivity(options.clock, options.random)
    this.#liveCallContext = { ...options, activity, onEnded: (call) => this.#forget(call) }
    this.#counters = new CallCounters(options.clock)
    this.#placeCallContext = {
      ...options,
      activity,
      counters: this.#counters,
      isLive: (account, externalId) => this.#externalIds.has(externalIdOf({ account, externalId })),
      launch: (plan, dueAt) => this.#launch(plan, dueAt),
    }
  }

  /** Calls that have not ended, delayed ones included. */
  get liveCount(): number {
    return this.#live.size
  }

  /** To be called once, when the driver is listening: takes care of what a dead process left behind. */
  resume(): Promise<{ resumed: number; interrupted: number }> {
    return resumeCalls(this.#placeCallContext as PlaceCallContext & OrchestratorOptions)
  }

  async place(
    request: CallRequest,
    options: { readonly idempotency?: { readonly key: string; readonly fingerprint: string } } = {},
  ): Promise<PlaceOutcome> {
    if (this.#stopping) {
      const message = 'The server is stopping; try again in a moment.'
      return { outcome: 'refused', refusals: [{ code: 'shutting-down', message, retryAfterSeconds: 5 }] }
    }
    const key = options.idempotency === undefined ? undefined : { account: request.account, ...options.idempotency }
    this.#placing++
    const place = () => placeCall(request, key, this.#placeCallContext)
    const placement = await this.#underWay
      .once(key, () => this.#underWay.inTurn(request.account, request.externalId, place))
      .finally(() => {
        this.#placing--
        this.#tellIfIdle()
      })
    if (placement.outcome === 'refused') return placement
    const events =
      placement.outcome === 'accepted' ? placement.events : await this.#options.store.events(placement.callId)
    // The same answer for the first request and every replay: the call as it was when it was accepted.
    const acceptance = events.filter((event) => event.type === 'call.accepted' || event.type === 'call.scheduled')
    return { outcome: placement.outcome, call: projectCall(acceptance) }
  }

  async call(accounts: readonly string[], id: string): Promise<Call | undefined> {
    const call = await this.#options.store.call(id)
    return call !== undefined && accounts.includes(call.account) ? call : undefined
  }

  calls(accounts: readonly string[], filter: CallFilter): Promise<{ calls: readonly Call[]; cursor?: string }> {
    return this.#options.store.calls({ accounts, ...filter })
  }

  async events(accounts: readonly string[], id: string): Promise<readonly LoggedCallEvent[] | undefined> {
    const call = await this.call(accounts, id)
    return call === undefined ? undefined : await this.#options.store.events(id)
  }

  async hangup(accounts: readonly string[], id: string): Promise<HangupOutcome> {
    const live = this.#live.get(id)
    if (live !== undefined && accounts.includes(live.plan.account)) {
      live.end('cancelled')
      return 'ending'
    }
    const call = await this.call(accounts, id)
    return call === undefined ? 'not-found' : 'already-ended'
  }

  async redirect(accounts: readonly string[], id: string, stays: LegName, target: LegTarget): Promise<RedirectOutcome> {
    const call = await this.call(accounts, id)
    if (call === undefined) return { outcome: 'not-found' }
    if (call.state === 'ended') return { outcome: 'already-ended' }
    const live = this.#live.get(id)
    if (live === undefined) return { outcome: 'not-connected' }
    // Who stays may have come by a redirect, too: then the request names another in that place.
    const request = { ...call.request, [stays]: { target: live.legs[stays].target } }
    const plan = planRedirect(request, otherLeg(stays), target, this.#placeCallContext)
    if ('refusal' in plan) return { outcome: 'refused', refusal: plan.refusal }
    return { outcome: live.redirect(stays, plan) ? 'redirected' : 'not-connected' }
  }

  async act(accounts: readonly string[], id: string, action: CallAction): Promise<ActOutcome> {
    const call = await this.call(accounts, id)
    if (call === undefined) return { outcome: 'not-found' }
    const isUnknown = action.action === 'play' && !this.#options.hasClip(call.account, action.clip)
    if (isUnknown) return { outcome: 'clip-not-found' }
    const live = this.#live.get(id)
    if (live?.act(action) === true) return { outcome: 'done' }
    return { outcome: 'not-in-this-state', state: live?.state ?? call.state }
  }

  waitFor(id: string, condition: WaitCondition, milliseconds: number, signal?: AbortSignal): Promise<Call> {
    return waitForCall(id, condition, milliseconds, signal, this.#options)
  }

  follow(id: string, listener: (event: LoggedCallEvent) => void): () => void {
    return this.#options.callLog.follow(id, listener)
  }

  /**
   * Takes no new calls, ends those that are up, and resolves when all are gone or `milliseconds` have passed. Delayed calls
   * stay in the log for the next start.
   */
  async stop(milliseconds: number, cause: EndCause = 'interrupted'): Promise<void> {
    this.#stopping = true
    for (const call of this.#live.values()) {
      if (call.suspend()) this.#live.delete(call.id)
      else call.end(cause)
    }
    if (this.#isIdle) return
    const { clock } = this.#options
    await new Promise<void>((resolve) => {
      const timer: Timer = clock.setTimeout(resolve, milliseconds)
      this.#onIdle = () => {
        clock.clearTimeout(timer)
        resolve()
      }
    })
  }

  #launch(plan: CallPlan, dueAt: number | undefined): void {
    // Written down while the server stopped: a delayed call is the next start's, any other one ends before it rings anybody.
    if (this.#stopping && dueAt !== undefined) return
    const call = new LiveCall(plan, this.#liveCallContext)
    this.#live.set(plan.id, call)
    if (plan.externalId !== undefined) this.#externalIds.add(externalIdOf(plan))
    if (this.#stopping) call.end('interrupted')
    else if (dueAt === undefined) call.start()
    else call.startAt(dueAt)
  }

  #forget(call: LiveCall): void {
    this.#live.delete(call.id)
    if (call.plan.externalId !== undefined) this.#externalIds.delete(externalIdOf(call.plan))
    this.#counters.forget(call.id)
    this.#tellIfIdle()
  }

  get #isIdle(): boolean {
    return this.#live.size === 0 && this.#placing === 0
  }

  #tellIfIdle(): void {
    if (this.#isIdle) this.#onIdle?.()
  }
}

const externalIdOf = ({ account, externalId = '' }: Pick<CallPlan, 'account' | 'externalId'>): string =>
  `${account}\n${externalId}`
