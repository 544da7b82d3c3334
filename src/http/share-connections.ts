import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { addressBlock } from '../address-block.ts'
import type { Log } from '../log.ts'
import { ConnectionShares } from './connection-shares.ts'

/** So many are closing at a time, at most, while those that got their places are there already. */
const closing = 1000

/**
 * So many connections at a time, shared among hosts (IPv6: /64): a stranger who holds all of them, each for a small request a
 * minute, shall not keep others out. One whose request is complete and is being answered, as a waiting call or an event stream,
 * never loses its place. To be called when all other listeners of `connection` are there.
 */
export function shareConnections(server: Server, connections: number, log: Log): void {
  // What comes above it is dropped by Node, without a word.
  server.maxConnections = connections + closing
  const shares = new ConnectionShares<Socket>()
  const newest = new WeakMap<Socket, { readonly request: IncomingMessage; readonly response: ServerResponse }>()
  let isTold = false

  const isIdle = (socket: Socket): boolean => {
    const exchange = newest.get(socket)
    return exchange === undefined || !exchange.request.complete || exchange.response.writableFinished
  }
  const tell = (host: string | undefined): void => {
    if (isTold) return
    isTold = true
    const from = host === undefined ? {} : { address: host }
    log.warn(
      { connections, ...from },
      'all HTTP connections are taken; newcomers get those of the host that holds most',
    )
  }
  server.on('connection', (socket) => {
    const host = addressBlock(socket.remoteAddress ?? '')
    if (shares.size >= connections) {
      const chosen = shares.choose(host, isIdle)
      tell(chosen?.host)
      if (chosen === undefined) return void socket.destroy()
      shares.remove(chosen.holder)
      chosen.holder.destroy()
    }
    shares.add(socket, host)
    socket.once('close', () => {
      shares.remove(socket)
      if (shares.size < connections / 2) isTold = false
    })
  })
  server.prependListener('request', (request, response) => {
    const { socket } = request
    newest.set(socket, { request, response })
    response.once('close', () => shares.touch(socket))
  })
}
