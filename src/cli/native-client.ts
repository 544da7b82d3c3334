import type { CallState } from '../call/call.ts'
import { CliError, exitCodes } from './exit-code.ts'
import type { ServerAddress } from './find-server.ts'
import { parseEventStream } from './parse-event-stream.ts'

export interface NativeRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: { readonly type: string; readonly content: string }
  readonly headers?: Readonly<Record<string, string>>
  /** What the person wrote for each member of the body: faults are told by that. */
  readonly names?: Readonly<Record<string, string>>
  /** What to say of a problem, by its code, where the command knows better than the server what mends it. */
  readonly problems?: Readonly<Record<string, string>>
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

/** An event as the native API shows it. */
export interface ShownEvent {
  readonly sequence: number
  readonly type: string
  readonly at: string
  readonly leg?: string
  readonly cause?: string
  readonly advice?: string
  readonly dueAt?: string
  readonly destination?: string
  readonly destinations?: { readonly first: string; readonly second: string }
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

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof Error)) return ''
  const { code = '', message } = cause as NodeJS.ErrnoException
  return `: ${reasons[code] ?? message}`
}

/** Problem details (RFC 9457) in the words of the command line; of an answer that has none, its status. */
async function describeProblem(response: Response, request: NativeRequest, address: ServerAddress): Promise<CliError> {
  const problem = parseProblem(await response.text().catch(() => ''))
  const code = problem.type?.split('/').at(-1)
  const isOfKey = response.status === 401 || code === 'permission-missing'
  const own = response.status === 401 ? describeWrongKey(address) : request.problems?.[code ?? '']
  return new CliError(
    own ?? describeFaults(problem, code, request.names) ?? `The server answered HTTP ${response.status}.`,
    isOfKey ? exitCodes.notAuthorised : exitCodes.refused,
    { ...(code === undefined ? {} : { code }), ...(problem.errors === undefined ? {} : { faults: problem.errors }) },
  )
}

const describeWrongKey = ({ server, keySource }: ServerAddress): string =>
  /^--key$|^CORDBOARD_KEY$/.test(keySource)
    ? `The server at ${server} does not know the key that ${keySource} gives; check how it was copied, and whether it was revoked.`
    : `The server at ${server} does not know the key of ${keySource}: it runs with another configuration, or with this one as it was before. Restart it, or give a key that it knows with --key.`

/** What the problem says, and of each part of the request that is at fault what is wrong with it. */
function describeFaults(
  { title, detail, errors = [] }: Problem,
  code: string | undefined,
  names: NativeRequest['names'],
): string | undefined {
  const faults = errors.map(({ pointer, detail: fault }) => {
    const name = names?.[pointer.split('/')[1] ?? '']
    return name === undefined ? `${pointer} ${fault}` : `${name}: ${fault}`
  })
  // That there are faults goes without saying; and the first of several refusals is the problem itself.
  const isSaid = code === 'validation-failed' || errors.some((fault) => fault.detail === detail)
  if (isSaid && faults.length > 0) return faults.join('\n')
  return [detail ?? title, ...faults].filter((line) => line !== undefined).join('\n') || undefined
}

interface Problem {
  readonly type?: string
  readonly title?: string
  readonly detail?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

function parseProblem(text: string): Problem {
  try {
    return (JSON.parse(text) as Problem | null) ?? {}
  } catch {
    return {}
  }
}
