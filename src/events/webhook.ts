import type { Call } from '../call/call.ts'
import type { LoggedCallEvent } from '../call/call-event.ts'
import { projectCall } from '../call/project-call.ts'
import type { Clock, Timer } from '../clock.ts'
import type { Log } from '../log.ts'
import type { CallStore } from '../store/call-store.ts'
import type { SubscriberStore } from '../store/store.ts'

export interface WebhookMessage {
  readonly contentType: string
  readonly body: string
}

/** An event in somebody's words, with the call as it was right after; undefined where they have no word for it. */
export type RenderWebhook = (event: LoggedCallEvent, call: Call) => WebhookMessage | undefined

/** Who is told of an account's events, where, and in whose words. */
export interface WebhookTarget {
  readonly account: string
  readonly url: string
  readonly render: RenderWebhook
}

/** Resolves to the HTTP status; rejects where there was no answer. */
export type PostWebhook = (url: string, message: WebhookMessage, signal: AbortSignal) => Promise<number>

export interface WebhookContext {
  readonly subscribers: SubscriberStore
  readonly calls: Pick<CallStore, 'events'>
  readonly clock: Clock
  readonly log: Log
  readonly post: PostWebhook
}

const batchSize = 200
const postTimeoutMilliseconds = 10_000
const firstRetryMilliseconds = 1000
const longestRetryMilliseconds = 300_000
/** An event that could not be delivered for so long is given up, so that those after it are heard. */
const patienceMilliseconds = 24 * 3600 * 1000

/**
 * Tells one address of an account's events, each at least once and in the order of the log, across restarts: it remembers how far
 * it has come, waits longer after each failure, and never holds back a call.
 */
export class Webhook {
  readonly target: WebhookTarget
  readonly #context: WebhookContext
  /** By which the store knows how far it has come. */
  readonly name: string
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #woken = false
  #sequence: number | undefined
  #timer: Timer | undefined
  #continue: (() => void) | undefined

  constructor(target: WebhookTarget, context: WebhookContext) {
    this.target = target
    this.#context = context
    this.name = `webhook ${target.account} ${target.url}`
  }

  /** There may be something new in the log. */
  wake(): void {
    this.#woken = true
    if (this.#stopping.signal.aborted) return
    this.#running ??= this.#deliver()
      .catch((error: unknown) => {
        this.#woken = false
        this.#context.log.error({ account: this.target.account, err: error }, 'a webhook has stopped')
      })
      .finally(() => {
        this.#running = undefined
        // Woken between the last look and here.
        if (this.#woken) this.wake()
      })
  }

  /** What is not delivered by now is delivered after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#context.clock.clearTimeout(this.#timer)
    this.#continue?.()
    await this.#running
  }

  async #deliver(): Promise<void> {
    const { subscribers } = this.#context
    let sequence = this.#sequence ?? (await subscribers.open(this.name))
    while (this.#woken && !this.#stopping.signal.aborted) {
      this.#woken = false
      const batch = await subscribers.eventsAfter(sequence, batchSize)
      for (const { account, event } of batch) {
        const told = account === this.target.account ? await this.#tell(event) : 'passed over'
        if (told === 'stopped') return
        sequence = event.sequence
        this.#sequence = sequence
        // Each on disk before the next: a crash repeats one event at most.
        if (told === 'told') await subscribers.advance(this.name, sequence)
      }
      if (batch.length > 0) await subscribers.advance(this.name, sequence)
      if (batch.length === batchSize) this.#woken = true
    }
  }

  async #tell(event: LoggedCallEvent): Promise<'told' | 'passed over' | 'stopped'> {
    const { calls, clock, log } = this.#context
    const course = (await calls.events(event.callId)).filter(({ sequence }) => sequence <= event.sequence)
    const message = this.target.render(event, projectCall(course))
    if (message === undefined) return 'passed over'
    for (let delay = firstRetryMilliseconds; ; delay = Math.min(delay * 2, longestRetryMilliseconds)) {
      const failure = await this.#post(message)
      if (failure === undefined) return 'told'
      if (this.#stopping.signal.aborted) return 'stopped'
      const fields = { account: this.target.account, callId: event.callId, event: event.type, reason: failure }
      if (clock.now() - event.at > patienceMilliseconds) {
        log.error(fields, 'an event could not be delivered and is given up')
        return 'told'
      }
      log.warn({ ...fields, retryMilliseconds: delay }, 'an event could not be delivered yet')
      await this.#pause(delay)
      if (this.#stopping.signal.aborted) return 'stopped'
    }
  }

  /** Why it failed, in a word; undefined if it was taken. */
  async #post(message: WebhookMessage): Promise<string | undefined> {
    const { clock, post } = this.#context
    const tooLong = new AbortController()
    const timer = clock.setTimeout(() => tooLong.abort(), postTimeoutMilliseconds)
    try {
      const status = await post(this.target.url, message, AbortSignal.any([tooLong.signal, this.#stopping.signal]))
      return status >= 200 && status < 300 ? undefined : `HTTP ${status}`
    } catch (error) {
      if (tooLong.signal.aborted) return 'no answer in time'
      const { cause, message: reason } = error as Error
      return cause instanceof Error ? cause.message : reason
    } finally {
      clock.clearTimeout(timer)
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#continue = resolve
      this.#timer = this.#context.clock.setTimeout(resolve, milliseconds)
    })
  }
}
