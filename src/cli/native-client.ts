import type { CallState } from '../call/call.ts'
import { describeProblem, type ProblemWords } from './describe-problem.ts'
import { describeTlsFailure } from './describe-tls-failure.ts'
import { CliError, exitCodes } from './exit-code.ts'
import type { ServerAddress } from './find-server.ts'
import { parseEventStream } from './parse-event-stream.ts'

export interface NativeRequest extends ProblemWords {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: { readonly type: string; readonly content: string }
  readonly headers?: Readonly<Record<string, string>>
  /** How long the answer may take; 10 s by default. */
  readonly seconds?: number
}

/** A call as the native API shows it; what has not happened is absent. */
export interface ShownCall {
  readonly id: string
  readonly state: CallState
  readonly acceptedAt: string
  readonly externalId?: string
  readonly talkSeconds?: number
  readonly end?: { readonly cause: string; readonly advice: string }
  readonly first: ShownLeg
  readonly second: ShownLeg
}

export interface ShownLeg {
  readonly destination: string
  readonly state: string
  readonly end?: { readonly cause: string; readonly advice: string }
}

/** A credential as the native API shows it. */
export interface ShownCredential {
  readonly kind: 'api-key' | 'token' | 'user'
  readonly account: string
  readonly name: string
  readonly permissions: readonly string[]
  readonly role?: string
  readonly line?: string
  readonly lines?: readonly string[]
  /** Absent of one that stands in the configuration file. */
  readonly createdAt?: string
}

/** One party or carrier that was dialled for a leg. */
export interface ShownAttempt {
  readonly trunk?: string
  readonly to: string
  readonly sipStatus?: number
  readonly reason?: string
  readonly cause?: string
}

/** An event as the native API shows it. */
export interface ShownEvent {
  readonly sequence: number
  readonly type: string
  readonly at: string
  readonly leg?: string
  /** The party whose phone holds. */
  readonly by?: string
  readonly cause?: string
  readonly advice?: string
  readonly dueAt?: string
  readonly destination?: string
  readonly destinations?: { readonly first: string; readonly second: string }
  readonly endedBy?: string
  readonly trunk?: string
  readonly attempt?: ShownAttempt
}

const defaultSeconds = 10
const reconnections = 5
const reconnectMilliseconds = 1000

/** The native API from the outside. Every failure is a {@link CliError} that says what to do. */
export class NativeClient {
  readonly #address: ServerAddress
  readonly #interrupted: AbortSignal

  constructor(address: ServerAddress, interrupted: AbortSignal) {
    this.#address = address
    this.#interrupted = interrupted
  }

  /** The JSON of the answer; undefined where it has none (204). */
  async request<Answer>(path: string, options: NativeRequest = {}): Promise<Answer> {
    const patience = AbortSignal.timeout((options.seconds ?? defaultSeconds) * 1000)
    const response = await this.#fetch(path, options, AbortSignal.any([patience, this.#interrupted]))
    if (response.status === 204) return undefined as Answer
    const text = await response.text().catch(() => '')
    try {
      return JSON.parse(text) as Answer
    } catch {
      throw new CliError(`What answers at ${this.#address.server} is no Cordboard server.`, exitCodes.unreachable)
    }
  }

  /** A call's events from its beginning to its end; a broken connection is resumed where it broke. */
  async *follow(callId: string): AsyncGenerator<ShownEvent> {
    const path = `/v1/calls/${encodeURIComponent(callId)}/events`
    let lastEventId = ''
    for (let failures = 0; failures <= reconnections; failures++) {
      if (failures > 0) await this.#pause()
      try {
        const headers = { accept: 'text/event-stream', ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }) }
        const response = await this.#fetch(path, { headers }, this.#interrupted)
        for await (const { id, data } of parseEventStream(response.body ?? ReadableStream.from([]))) {
          lastEventId = id
          failures = 0
          const event = JSON.parse(data) as ShownEvent
          yield event
          if (event.type === 'call.ended') return
        }
      } catch (error) {
        if (this.#interrupted.aborted) throw interruptedError()
        // The server said no, rather than nothing: another try would hear the same.
        if (error instanceof CliError && error.exitCode !== exitCodes.unreachable) throw error
      }
    }
    throw new CliError(
      `The connection to the server was lost; "cordboard calls show ${callId}" tells what became of the call.`,
      exitCodes.unreachable,
    )
  }

  async #fetch(path: string, options: NativeRequest, signal: AbortSignal): Promise<Response> {
    const { method, body, headers } = options
    let response: Response
    try {
      response = await fetch(new URL(path, this.#address.server), {
        method: method ?? 'GET',
        redirect: 'error',
        signal,
        headers: {
          authorization: `Bearer ${this.#address.key}`,
          ...(body === undefined ? {} : { 'content-type': body.type }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: body.content }),
      })
    } catch (error) {
      throw this.#interrupted.aborted ? interruptedError() : this.#unreachable(error)
    }
    if (!response.ok) throw await describeProblem(response, options, this.#address)
    return response
  }

  #unreachable(error: unknown): CliError {
    const { server } = this.#address
    const late = error instanceof Error && error.name === 'TimeoutError'
    const secure = describeTlsFailure(codeOf(error))
    if (secure !== undefined) {
      return new CliError(`No secure connection to ${server}: ${secure}.`, exitCodes.unreachable)
    }
    return new CliError(
      late
        ? `The server at ${server} does not answer in time; look into its log.`
        : `No server answers at ${server}${reasonOf(error)}. Start it with "cordboard start", or name another with --server.`,
      exitCodes.unreachable,
    )
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, reconnectMilliseconds)
    const wake = () => resolve()
    this.#interrupted.addEventListener('abort', wake, { once: true })
    await promise
    clearTimeout(timer)
    this.#interrupted.removeEventListener('abort', wake)
  }
}

const interruptedError = () => new CliError('Interrupted.', exitCodes.interrupted)

/** Why no connection came about, in words; anything rare in those of the system. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it cut the connection',
  UND_ERR_SOCKET: 'it cut the connection',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ENOTFOUND: 'there is no such host name',
  EAI_AGAIN: 'its host name cannot be looked up now',
}

/** The system's word for what went wrong; empty if it has none. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? '') : ''
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof Error)) return ''
  return `: ${reasons[codeOf(error)] ?? cause.message}`
}
