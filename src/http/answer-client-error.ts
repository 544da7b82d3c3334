import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { problemCatalogue } from '../dialects/native/problem.ts'
import { lastRequestLine } from './take-careless-targets.ts'

/** What Node's parser complains of, where it is more than that the octets are no HTTP. */
const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** What is answered to a request that cannot be read, as a whole. */
export interface BareAnswer {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly body: string
}

/** Where a request that cannot be read was going to, as far as its first line tells. */
export interface UnreadableRequest {
  readonly path: string
  readonly host: string
  readonly address: string
}

/** In the words of whoever's path it is; undefined if it is nobody's. */
export type DescribeUnreadable = (request: UnreadableRequest) => Promise<BareAnswer | undefined>

/** Each piece that comes after the one at fault is told as an error again. */
const answered = new WeakSet<Socket>()

type ClientError = NodeJS.ErrnoException & { readonly rawPacket?: unknown }

/**
 * Octets that are no HTTP request, or never become one: an answer that says so, and the end of the connection. A client that was
 * written for a dialect reads no other words than the dialect's: where the first line tells its path, the answer is in them.
 */
export async function answerClientError(
  error: ClientError,
  socket: Socket,
  describe: DescribeUnreadable,
): Promise<void> {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  if (answered.has(socket)) return
  answered.add(socket)
  const status = statuses[error.code ?? ''] ?? 400
  const path = /^[^ ]+ +(\/[^ ?#]*)/.exec(lastRequestLine(socket))?.[1]
  const packet = Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('latin1') : ''
  const host = /^host:[ \t]*([^\s]{0,255})/im.exec(packet)?.[1] ?? ''
  const described =
    path === undefined || status === 408
      ? undefined
      : await describe({ path, host, address: socket.remoteAddress ?? '' }).catch(() => undefined)
  send(socket, described ?? problem(status))
}

function problem(status: number): BareAnswer {
  const { title } = problemCatalogue['malformed-request']
  return {
    status,
    fields: { 'Content-Type': 'application/problem+json' },
    body: JSON.stringify({ type: '/problems/malformed-request', title, status }),
  }
}

function send(socket: Socket, { status, fields, body }: BareAnswer): void {
  if (!socket.writable) return void socket.destroy()
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // Whoever goes on sending is not listened to: `end` alone would leave the socket to him.
  socket.destroySoon()
}
