import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { CallEvent } from '../call/call-event.ts'

/** What the server counts, in Prometheus' text format. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests: Histogram<'dialect' | 'status'>
  readonly #accepted: Counter
  readonly #ended: Counter<'cause'>
  readonly #answerSeconds: Histogram<'leg'>
  readonly #dialledAt = new Map<string, number>()

  constructor(options: { readonly liveCalls: () => number; readonly registeredPhones: () => number }) {
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
    new Gauge({
      name: 'cordboard_phones_registered',
      help: 'Contacts registered now',
      registers,
      collect() {
        this.set(options.registeredPhones())
      },
    })
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

  /** Listens to the event log. */
  countEvent(event: CallEvent): void {
    switch (event.type) {
      case 'call.accepted':
        this.#accepted.inc()
        break
      case 'leg.dialled':
        this.#dialledAt.set(`${event.callId} ${event.leg}`, event.at)
        break
      case 'leg.answered': {
        const dialledAt = this.#dialledAt.get(`${event.callId} ${event.leg}`)
        if (dialledAt !== undefined) this.#answerSeconds.observe({ leg: event.leg }, (event.at - dialledAt) / 1000)
        break
      }
      case 'leg.ended':
        this.#dialledAt.delete(`${event.callId} ${event.leg}`)
        break
      case 'call.ended':
        this.#ended.inc({ cause: event.cause })
        break
    }
  }
}
