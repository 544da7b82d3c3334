import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Call, CallState } from '../call/call.ts'
import type { LoggedCallEvent } from '../call/call-event.ts'
import { applyCallEvent, projectCall } from '../call/project-call.ts'

const latencyBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5]
const humanBuckets = [0.5, 1, 2, 5, 10, 20, 30, 60, 120]
const durationBuckets = [1, 5, 15, 60, 300, 900, 3600]

const liveStates: readonly CallState[] = [
  'accepted',
  'scheduled',
  'first-ringing',
  'first-answered',
  'second-ringing',
  'bridged',
  'ending',
]

/** What `/metrics` shows. Rooms may add their own to `registry`; calls are counted by feeding `recordCallEvent` from the log. */
export class Metrics {
  readonly registry = new Registry()
  /** Live calls as the log tells them; an ended call is forgotten. */
  readonly #live = new Map<string, Call>()
  readonly #requests: Counter<'dialect' | 'method' | 'status'>
  readonly #requestSeconds: Histogram<'dialect'>
  readonly #accepted: Counter<'dialect'>
  readonly #ended: Counter<'cause'>
  readonly #dialSeconds: Histogram<'leg'>
  readonly #answerSeconds: Histogram<'leg'>
  readonly #bridgedSeconds: Histogram

  constructor() {
    const registers = [this.registry]
    this.#requests = new Counter({
      name: 'cordboard_http_requests_total',
      help: 'HTTP requests answered.',
      labelNames: ['dialect', 'method', 'status'],
      registers,
    })
    this.#requestSeconds = new Histogram({
      name: 'cordboard_http_request_seconds',
      help: 'From the request to the end of its answer; waiting requests and streams included.',
      labelNames: ['dialect'],
      buckets: latencyBuckets,
      registers,
    })
    this.#accepted = new Counter({
      name: 'cordboard_calls_accepted_total',
      help: 'Calls accepted, by the dialect that they came in by.',
      labelNames: ['dialect'],
      registers,
    })
    this.#ended = new Counter({
      name: 'cordboard_calls_ended_total',
      help: 'Calls ended, by end cause.',
      labelNames: ['cause'],
      registers,
    })
    this.#dialSeconds = new Histogram({
      name: 'cordboard_leg_dial_seconds',
      help: 'From what makes a leg due (acceptance, or the first answer) to its being dialled.',
      labelNames: ['leg'],
      buckets: latencyBuckets,
      registers,
    })
    this.#answerSeconds = new Histogram({
      name: 'cordboard_leg_answer_seconds',
      help: 'From dialling a leg to its answer.',
      labelNames: ['leg'],
      buckets: humanBuckets,
      registers,
    })
    this.#bridgedSeconds = new Histogram({
      name: 'cordboard_call_bridged_seconds',
      help: 'How long the two parties were connected.',
      buckets: durationBuckets,
      registers,
    })
    this.#addCallsByState()
  }

  /** Adds the process's own figures (memory, CPU, event loop, garbage collection). Once a process: it hooks the collector. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry })
  }

  recordRequest(dialect: string, method: string, status: number, seconds: number): void {
    this.#requests.inc({ dialect, method, status })
    this.#requestSeconds.observe({ dialect }, seconds)
  }

  /** Takes every event of the log, in its order. */
  recordCallEvent(event: LoggedCallEvent): void {
    if (event.type === 'call.accepted') {
      this.#live.set(event.callId, projectCall([event]))
      this.#accepted.inc({ dialect: event.request.origin.dialect })
      return
    }
    if (event.type === 'call.ended') {
      this.#ended.inc({ cause: event.cause })
      const bridgedAt = this.#live.get(event.callId)?.bridgedAt
      if (bridgedAt !== undefined) this.#bridgedSeconds.observe((event.at - bridgedAt) / 1000)
      this.#live.delete(event.callId)
      return
    }
    // A call that was resumed after a restart began before this process counted.
    const before = this.#live.get(event.callId)
    if (before === undefined) return
    const call = applyCallEvent(before, event)
    this.#live.set(event.callId, call)
    this.#observeLeg(before, event)
  }

  #observeLeg(call: Call, event: LoggedCallEvent): void {
    if (event.type === 'leg.dialled') {
      const due = event.leg === 'first' ? (call.dueAt ?? call.acceptedAt) : call.legs.first.answeredAt
      if (due !== undefined) this.#dialSeconds.observe({ leg: event.leg }, (event.at - due) / 1000)
    } else if (event.type === 'leg.answered') {
      const dialledAt = call.legs[event.leg].dialledAt
      if (dialledAt !== undefined) this.#answerSeconds.observe({ leg: event.leg }, (event.at - dialledAt) / 1000)
    }
  }

  #addCallsByState(): void {
    const live = this.#live
    new Gauge({
      name: 'cordboard_calls',
      help: 'Calls that have not ended, by state.',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        for (const state of liveStates) this.set({ state }, 0)
        for (const call of live.values()) this.inc({ state: call.state })
      },
    })
  }
}
