import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { problemCatalogue } from '../dialects/native/problem.ts'

/** What Node's parser complains of, where it is more than that the octets are no HTTP. */
const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** Octets that are no HTTP request, or never become one: an answer that says so, and the end of the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = statuses[error.code ?? ''] ?? 400
  const { title } = problemCatalogue['malformed-request']
  const body = JSON.stringify({ type: '/problems/malformed-request', title, status })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // Whoever goes on sending is not listened to: `end` alone would leave the socket to him.
  socket.destroySoon()
}
