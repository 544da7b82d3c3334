import { testKey } from './test-server.ts'

export interface WantedCall {
  /** Idempotency key and external id. */
  readonly key: string
  readonly body: object
}

export interface AcknowledgedCall {
  readonly id: string
  /** How often the request was answered. */
  answers: number
}

const retryMilliseconds = 10

/** A client as it should be: it repeats a request under its idempotency key until the server, perhaps another process, answers. */
export class PersistentClient {
  /** What the server has promised to keep, by key. */
  readonly acknowledged = new Map<string, AcknowledgedCall>()
  /** Answers that should never have come. */
  readonly surprises: string[] = []
  readonly #url: string
  readonly #abort = new AbortController()

  constructor(url: string) {
    this.#url = url
  }

  /** Resolves with the call's id when it is acknowledged; undefined if the server says no. */
  async place(wanted: WantedCall): Promise<string | undefined> {
    while (!this.#abort.signal.aborted) {
      const id = await this.placeOnce(wanted)
      if (id !== undefined) return id === '' ? undefined : id
      await new Promise((resolve) => setTimeout(resolve, retryMilliseconds))
    }
    return undefined
  }

  /** One attempt: the call's id, `''` if the server says no, undefined if nobody answers. */
  async placeOnce({ key, body }: WantedCall): Promise<string | undefined> {
    const answer = await this.#request('POST', '/v1/calls', { 'idempotency-key': key }, { ...body, externalId: key })
    if (answer === undefined) return undefined
    if (answer.status !== 201) {
      this.surprises.push(`${key}: ${answer.status} ${JSON.stringify(answer.body)}`)
      return ''
    }
    const { id } = answer.body
    const known = this.acknowledged.get(key)
    if (known === undefined) this.acknowledged.set(key, { id, answers: 1 })
    else known.answers++
    if (known !== undefined && known.id !== id) this.surprises.push(`${key}: was ${known.id}, is ${id}`)
    if (known !== undefined && !answer.replayed) this.surprises.push(`${key}: answered twice, and not as a replay`)
    return id
  }

  /** Hangs it up, if anybody listens. */
  async hangUp(id: string): Promise<void> {
    const answer = await this.#request('DELETE', `/v1/calls/${id}`)
    if (answer !== undefined && answer.status !== 200 && answer.status !== 202) {
      this.surprises.push(`DELETE ${id}: ${answer.status} ${JSON.stringify(answer.body)}`)
    }
  }

  /** Every call that the API shows, all pages of it. */
  async list(query = ''): Promise<readonly { id: string; state: string; externalId: string }[]> {
    const calls: { id: string; state: string; externalId: string }[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const answer = await this.#request('GET', `/v1/calls?limit=1000${query}${cursor && `&cursor=${cursor}`}`)
      if (answer?.status !== 200) throw new Error(`the calls cannot be listed: ${answer?.status}`)
      calls.push(...answer.body.calls)
      cursor = answer.body.cursor
    }
    return calls
  }

  /** Gives up whatever is being repeated. */
  stop(): void {
    this.#abort.abort()
  }

  async #request(method: string, path: string, headers: Record<string, string> = {}, body?: object) {
    try {
      const response = await fetch(new URL(path, this.#url), {
        method,
        headers: { ...headers, authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
        signal: this.#abort.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const replayed = response.headers.get('idempotent-replayed') === 'true'
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
      return { status: response.status, replayed, body: (await response.json()) as any }
    } catch {
      // Nobody there, or gone before the end of its answer: the client cannot know which.
      return undefined
    }
  }
}
