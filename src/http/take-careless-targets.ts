import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { escapeRequestLine } from './escape-request-line.ts'

/** A longer request line is the parser's to refuse. */
const longestLineOctets = 64 * 1024
/** Of a request line, as much as tells whose answer a request gets that cannot be read. */
const keptOctets = 2048

const lineFeed = 0x0a
const emptyLine = /^[\r\n]+$/

/** The request line that came last on a connection, and the request that was made of it. */
interface Connection {
  line: string
  request: IncomingMessage | undefined
}
const connections = new WeakMap<Socket, Connection>()

/** The beginning of the request line that came last, as it came; '' if there was none. */
export const lastRequestLine = (socket: Socket): string => connections.get(socket)?.line ?? ''

/**
 * Lets each request line go through {@link escapeRequestLine}, the later ones of a connection too. Where the next line begins is where
 * the request before it is complete; a request that is sent behind another one before that is read as it stands. Whoever has not sent
 * a whole line after `patienceMilliseconds` is cut off. Returns what ends those who have sent none yet.
 */
export function takeCarelessTargets(server: Server, patienceMilliseconds: number): () => void {
  const silent = new Set<Socket>()
  server.on('request', (request: IncomingMessage) => {
    const connection = connections.get(request.socket)
    if (connection !== undefined) connection.request = request
  })
  server.on('connection', (socket: Socket) => {
    // The server's own listener is the one before; it goes on with what this one hands to it.
    const parse = socket.listeners('data').at(-1) as ((piece: Buffer) => void) | undefined
    if (parse === undefined) return
    socket.off('data', parse)
    const connection: Connection = { line: '', request: undefined }
    connections.set(socket, connection)
    let pieces: Buffer[] | undefined = []
    let length = 0
    let patience: NodeJS.Timeout | undefined
    const awaitLine = () => {
      patience ??= setTimeout(() => socket.destroy(), patienceMilliseconds)
    }
    const take = (piece: Buffer): void => {
      if (pieces === undefined && connection.request?.complete === true) {
        pieces = []
        length = 0
        connection.request = undefined
        awaitLine()
      }
      if (pieces === undefined) return parse(piece)
      pieces.push(piece)
      length += piece.length
      if (!piece.includes(lineFeed) && length < longestLineOctets) return
      const octets = pieces.length === 1 ? piece : Buffer.concat(pieces)
      // RFC 9112 section 2.2: empty lines before a request line mean nothing.
      if (emptyLine.test(octets.toString('latin1'))) {
        pieces = []
        length = 0
        return
      }
      pieces = undefined
      clearTimeout(patience)
      patience = undefined
      silent.delete(socket)
      connection.line = octets.toString('latin1', 0, keptOctets).split(/\r?\n/, 1)[0] ?? ''
      parse(escapeRequestLine(octets))
    }
    silent.add(socket)
    awaitLine()
    socket.on('data', take)
    socket.on('close', () => {
      clearTimeout(patience)
      silent.delete(socket)
    })
  })
  return () => {
    for (const socket of silent) socket.destroy()
  }
}
