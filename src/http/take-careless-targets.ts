import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { escapeRequestLine } from './escape-request-line.ts'

/** A longer request line is the parser's to refuse. */
const longestLineOctets = 64 * 1024

/**
 * Lets the first request line of each connection through {@link escapeRequestLine}; clients that encode nothing make a connection
 * for each request. Whoever has not sent a line after `patienceMilliseconds` is cut off. Returns what ends those who are still at it.
 */
export function takeCarelessTargets(server: Server, patienceMilliseconds: number): () => void {
  const accept = server.listeners('connection') as ((socket: Socket) => void)[]
  const waiting = new Set<Socket>()
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    waiting.add(socket)
    const pieces: Buffer[] = []
    let length = 0
    const leave = () => socket.destroy()
    const patience = setTimeout(leave, patienceMilliseconds)
    const stopWaiting = () => {
      clearTimeout(patience)
      waiting.delete(socket)
    }
    const take = (piece: Buffer): void => {
      pieces.push(piece)
      length += piece.length
      if (!piece.includes('\n') && length < longestLineOctets) return
      socket.pause()
      socket.off('data', take).off('error', leave).off('end', leave).off('close', stopWaiting)
      stopWaiting()
      socket.unshift(escapeRequestLine(pieces.length === 1 ? piece : Buffer.concat(pieces)))
      for (const listener of accept) listener.call(server, socket)
      socket.resume()
    }
    socket.on('data', take).on('error', leave).on('end', leave).on('close', stopWaiting)
  })
  return () => {
    for (const socket of waiting) socket.destroy()
  }
}
