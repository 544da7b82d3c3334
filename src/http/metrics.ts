import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type Call, callStates } from '../call/call.ts'
import type { CallEvent } from '../call/call-event.ts'
import { applyCallEvent, projectCall } from '../call/project-call.ts'

/** What is asked for when the metrics are. */
export interface MetricsSources {
  readonly liveCalls: () => number
  readonly registeredPhones: () => number
  readonly trunks: () => readonly { readonly name: string; readonly isDown: boolean }[]
}

const liveStates = callStates.filter((state) => state !== 'ended')

/** What the server counts, in Prometheus' text format. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests: Histogram<'dialect' | 'status'>
  readonly #accepted: Counter
  readonly #ended: Counter<'cause'>
  readonly #answerSeconds: Histogram<'leg'>
  /** Calls that this process saw accepted and not yet ended. */
  readonly #calls = new Map<string, Call>()

  constructor(options: MetricsSources) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#requests = new Histogram({
      name: 'cordboard_http_request_seconds',
      help: 'Time from request to answer, waits included',
      labelNames: ['dialect', 'status'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    })
    this.#accepted = new Counter({ name: 'cordboard_calls_accepted_total', help: 'Calls accepted', registers })
    this.#ended = new Counter({
      name: 'cordboard_calls_ended_total',
      help: 'Calls ended, by end cause',
      labelNames: ['cause'],
      registers,
    })
    this.#answerSeconds = new Histogram({
      name: 'cordboard_leg_answer_seconds',
      help: 'Time from dialling a leg to its answer',
      labelNames: ['leg'],
      buckets: [0.5, 1, 2, 5, 10, 20, 40, 80],
      registers,
    })
    new Gauge({
      name: 'cordboard_calls_live',
      help: 'Calls that have not ended, delayed ones included',
      registers,
      collect() {
        this.set(options.liveCalls())
      },
    })
    const calls = this.#calls
    new Gauge({
      name: 'cordboard_calls',
      help: 'Calls accepted since the start that have not ended, by state',
      labelNames: ['state'],
      registers,
      collect() {
        for (const state of liveStates) this.set({ state }, 0)
        for (const call of calls.values()) this.inc({ state: call.state })
      },
    })
    new Gauge({
      name: 'cordboard_trunk_up',
      help: 'Whether the carrier responds: 1, or 0 while it is down',
      labelNames: ['trunk'],
      registers,
      collect() {
        this.reset()
        for (const { name, isDown } of options.trunks()) this.set({ trunk: name }, isDown ? 0 : 1)
      },
    })
    new Gauge({
      name: 'cordboard_phones_registered',
      help: 'Contacts registered now',
      registers,
      collect() {
        this.set(options.registeredPhones())
      },
    })
  }

  /** For figures of other rooms. */
  get registry(): Registry {
    return this.#registry
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  render(): Promise<string> {
    return this.#registry.metrics()
  }

  countRequest(dialect: string, status: number, seconds: number): void {
    this.#requests.observe({ dialect, status: String(status) }, seconds)
  }

  /** Takes every event of the log, in its order. */
  countEvent(event: CallEvent): void {
    if (event.type === 'call.accepted') {
      this.#accepted.inc()
      this.#calls.set(event.callId, projectCall([event]))
      return
    }
    if (event.type === 'call.ended') {
      this.#ended.inc({ cause: event.cause })
      this.#calls.delete(event.callId)
      return
    }
    // A call that was resumed after a restart was accepted by the process before.
    const call = this.#calls.get(event.callId)
    if (call === undefined) return
    this.#calls.set(event.callId, applyCallEvent(call, event))
    if (event.type !== 'leg.answered') return
    const { dialledAt } = call.legs[event.leg]
    if (dialledAt !== undefined) this.#answerSeconds.observe({ leg: event.leg }, (event.at - dialledAt) / 1000)
  }
}
