import { createSocket, type Socket } from 'node:dgram'
import { parentPort, workerData } from 'node:worker_threads'

/** The least that Node can do: datagrams from one connected socket to another, unread. The plain limit beside our relay. */
const { calls, phones } = workerData as { calls: number; phones: readonly number[] }

const open = (): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.on('error', () => {})
    socket.bind(0, '127.0.0.1', () => resolve(socket))
  })

const legs: number[] = []
for (let call = 0; call < calls; call++) {
  const pair = [await open(), await open()] as const
  for (const [index, socket] of pair.entries()) {
    const phone = phones[(2 * call + index) % phones.length] as number
    await new Promise<void>((resolve) => socket.connect(phone, '127.0.0.1', resolve))
    legs.push(socket.address().port)
  }
  pair[0].on('message', (packet) => pair[1].send(packet))
  pair[1].on('message', (packet) => pair[0].send(packet))
}
parentPort?.postMessage(legs)
