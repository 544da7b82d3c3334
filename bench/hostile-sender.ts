import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { strangerPacket } from '../test/fuzz/stranger-packet.ts'
import { createSeededRandom } from '../test/support/seeded-random.ts'

/** Strangers in a thread of their own: packets of every kind, made beforehand, evenly from many addresses of loopback. */
const { port, packetsPerSecond } = workerData as { readonly port: number; readonly packetsPerSecond: number }

const turnMilliseconds = 5
const sources = 32
const variety = 4000

const random = createSeededRandom(1)
const below = (limit: number): number => Math.floor(random.fraction() * limit)
const known = { callId: 'x@cordboard', elsewhere: ['10.9.9.9', 'victim.example'], nonce: '0' }

const sockets: Socket[] = []
for (let index = 0; index < sources; index++) {
  const socket = createSocket('udp4').bind(0, `127.0.1.${index + 1}`)
  socket.on('error', () => {})
  await once(socket, 'listening')
  sockets.push(socket)
}
const packets = Array.from({ length: variety }, (_, index) => {
  const { address, port: from } = (sockets[index % sources] as Socket).address()
  return strangerPacket(known, { host: address, port: from }, below)
}).map((packet) => (packet.length === 0 ? Buffer.from('\r\n') : packet))

const start = performance.now()
let sent = 0
setInterval(() => {
  const due = ((performance.now() - start) * packetsPerSecond) / 1000
  for (; sent < due; sent++) {
    const index = sent % variety
    sockets[index % sources]?.send(packets[index] as Buffer, port, '127.0.0.1')
  }
}, turnMilliseconds)
parentPort?.on('message', () => {
  parentPort?.postMessage({ sent, seconds: (performance.now() - start) / 1000 })
  process.exit()
})
