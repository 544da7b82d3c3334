import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface FakeAnswer {
  readonly status?: number
  readonly type?: string
  readonly body: string
  /** Cuts the connection after the body rather than ending it. */
  readonly cut?: boolean
}

/** Answers by `METHOD /path`; a list answers one request after the other, the last one for ever. */
export type FakeRoutes = Readonly<Record<string, FakeAnswer | readonly FakeAnswer[]>>

export interface FakeNativeServer {
  readonly url: string
  readonly seen: readonly SeenRequest[]
}

export const json = (value: unknown, status = 200): FakeAnswer => ({ status, body: JSON.stringify(value) })

export const problem = (code: string, status: number, detail: string, errors?: readonly object[]): FakeAnswer => ({
  status,
  type: 'application/problem+json',
  body: JSON.stringify({ type: `/problems/${code}`, title: code, status, detail, errors }),
})

/** Server-Sent Events as the native dialect writes them. */
export const eventStream = (events: readonly { readonly sequence: number }[], cut = false): FakeAnswer => ({
  type: 'text/event-stream',
  body: events.map((event) => `id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
  cut,
})

/** Speaks as much of the native API as the command line's tests need. */
export async function startFakeNativeServer(t: TestContext, routes: FakeRoutes): Promise<FakeNativeServer> {
  const seen: SeenRequest[] = []
  const counts = new Map<string, number>()
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() })

    const route = `${method} ${url.split('?')[0]}`
    const count = counts.get(route) ?? 0
    counts.set(route, count + 1)
    const known = [routes[route] ?? problem('not-found', 404, 'There is no such thing.')].flat()
    const {
      status = 200,
      type = 'application/json',
      body,
      cut,
    } = known[Math.min(count, known.length - 1)] as FakeAnswer
    response.writeHead(status, { 'content-type': type })
    if (cut === true) response.write(body, () => response.destroy())
    else response.end(body)
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen }
}
