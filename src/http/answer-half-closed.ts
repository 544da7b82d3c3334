import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * A client may close its half of the connection behind its request (`nc -N`, PHP's stream_socket_shutdown()) and still read the
 * answer; Node would cut it off, with its call placed. One that has gone looks the same until something is sent to it: whoever
 * waits for a phone is given up after `graceMilliseconds`, or clients that lose patience again and again would use up the sockets.
 */
export function answerHalfClosed(server: Server, graceMilliseconds: number): void {
  // Not in Node's types, though as old as its server: the connection ends with the last answer, not before.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.on('connection', (socket: Socket) => {
    socket.once('end', () => {
      const givingUp = setTimeout(() => socket.destroy(), graceMilliseconds)
      socket.once('close', () => clearTimeout(givingUp))
    })
  })
}
