import { Agent, request } from 'node:http'
import { key } from './server.ts'

/** A client that keeps its connections, as an application's would. */
export class ApiClient {
  readonly #url: string
  readonly #agent: Agent

  constructor(url: string, connections: number) {
    this.#url = url
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** Asks for a call from line 101 to a number; resolves with its id. */
  async place(number: string, callerId?: string): Promise<string> {
    const first = { line: '101', ...(callerId === undefined ? {} : { callerId: { number: callerId } }) }
    const { id } = (await this.#ask('POST', '/v1/calls', { first, second: { dial: number } })) as { id: string }
    return id
  }

  async hangUp(id: string): Promise<void> {
    await this.#ask('DELETE', `/v1/calls/${id}`)
  }

  close(): void {
    this.#agent.destroy()
  }

  #ask(method: 'POST' | 'DELETE', path: string, value?: object): Promise<unknown> {
    const body = value === undefined ? '' : JSON.stringify(value)
    const headers = {
      authorization: `Bearer ${key}`,
      ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    }
    return new Promise((resolve, reject) => {
      const asked = request(new URL(path, this.#url), { method, agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text))
          else reject(new Error(`the API answered ${response.statusCode}: ${text}`))
        })
      })
      asked.on('error', reject)
      asked.end(body)
    })
  }
}
