import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { escapeRequestLine } from './escape-request-line.ts'

/**
 * Lets the first request of each connection through {@link escapeRequestLine}; clients that encode nothing make a connection for
 * each. `silenceMilliseconds` is how long a connection may stay without an octet. Returns what ends those that wait for their first.
 */
export function takeCarelessTargets(server: Server, silenceMilliseconds: number): () => void {
  const accept = server.listeners('connection') as ((socket: Socket) => void)[]
  const silent = new Set<Socket>()
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    const leave = () => socket.destroy()
    const forget = () => silent.delete(socket)
    socket.setTimeout(silenceMilliseconds, leave)
    socket.on('error', leave).on('end', leave).on('close', forget)
    socket.once('data', (octets: Buffer) => {
      socket.pause()
      socket.setTimeout(0, leave)
      socket.off('error', leave).off('end', leave).off('close', forget)
      forget()
      socket.unshift(escapeRequestLine(octets))
      for (const listener of accept) listener.call(server, socket)
      socket.resume()
    })
  })
  return () => {
    for (const socket of silent) socket.destroy()
  }
}
