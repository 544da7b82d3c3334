import { createSocket, type Socket } from 'node:dgram'
import { parentPort } from 'node:worker_threads'

/** What the load generator is told: where each leg of the relay listens, and how long to talk. */
export interface LoadOrder {
  readonly legs: readonly { readonly port: number; readonly payloadType: number }[]
  readonly seconds: number
}

export interface LoadResult {
  readonly sent: number
  readonly received: number
  /** From sending to receiving, milliseconds; empty where payloads are converted on the way. */
  readonly p50: number
  readonly p99: number
}

/** A few sockets stand for all phones: the generator shall not be what the measurement measures. */
const socketCount = 8
const packetMilliseconds = 20
const packetLength = 172

const port = parentPort
if (port === null) throw new Error('relay-load.ts runs as a worker thread')

const sockets: Socket[] = []
const latencies: number[] = []
let received = 0
let recording = false

for (let index = 0; index < socketCount; index++) {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 })
  socket.on('message', (packet) => {
    received++
    if (recording) latencies.push(performance.now() - packet.readDoubleLE(12))
  })
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  sockets.push(socket)
}

port.on('message', (order: LoadOrder) => void run(order).then((result) => port.postMessage(result)))
port.postMessage(sockets.map((socket) => socket.address().port))

/** Talks to every leg, 50 packets a second each, the legs spread evenly over the 20 ms. */
const run = async ({ legs, seconds }: LoadOrder): Promise<LoadResult> => {
  const streams = legs.map((leg, index) => {
    const packet = Buffer.alloc(packetLength, 0xd5)
    packet[0] = 0x80
    packet[1] = leg.payloadType
    packet.writeUInt32BE(index + 1, 8)
    return { packet, port: leg.port, socket: sockets[index % socketCount] as Socket }
  })
  latencies.length = 0
  received = 0
  recording = true
  let sent = 0
  const start = performance.now()
  const total = Math.round((seconds * 1000) / packetMilliseconds) * streams.length
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const due = Math.min(total, Math.floor(((performance.now() - start) / packetMilliseconds) * streams.length))
      // A tick sends what came due since the one before, at most a millisecond's worth at once.
      for (let batch = Math.ceil(streams.length / packetMilliseconds); sent < due && batch > 0; batch--, sent++) {
        const { packet, port: to, socket } = streams[sent % streams.length] as (typeof streams)[number]
        const round = Math.floor(sent / streams.length)
        packet.writeUInt16BE(round & 0xffff, 2)
        packet.writeUInt32BE(round * 160, 4)
        packet.writeDoubleLE(performance.now(), 12)
        socket.send(packet, to, '127.0.0.1')
      }
      if (sent >= total) resolve()
      else if (sent < due) setImmediate(tick)
      else setTimeout(tick, 1)
    }
    tick()
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  recording = false
  latencies.sort((left, right) => left - right)
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
  return { sent, received, p50: at(0.5), p99: at(0.99) }
}
