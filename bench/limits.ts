import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { ApiClient } from './api-client.ts'
import { middle, quantile } from './middle.ts'
import { createInvite } from './parser.ts'

export interface LimitsFigures {
  /** Datagrams of an INVITE's size that come in and go out again, per second of Node's processor time. */
  readonly udpEchoesPerCpuSecond: number
  /** Requests with a call's body that Fastify answers without doing anything. */
  readonly fastifyRequestsPerCpuSecond: number
  /** The same route at 50 requests a second, when the machine is awake for nothing else: from asking to having the answer. */
  readonly fastifyMillisecondsP50: number
  readonly fastifyMillisecondsP99: number
  /** Until the disk has 4 KiB for certain. A call waits for one such write before its first INVITE, and for two before its second. */
  readonly diskSyncMillisecondsP50: number
  readonly diskSyncMillisecondsP99: number
}

const rounds = 3
const warmUpSeconds = 2
const roundSeconds = 3
const requestsUnderWay = 32
const datagramsUnderWay = 32
const diskWrites = 1000
const warmUpTrips = 200
const roundTrips = 500
const bareFastify = new URL('./bare-fastify.ts', import.meta.url)

/** What Node and Fastify could do at most, as a measure for the rest. */
export const benchLimits = async (): Promise<LimitsFigures> => ({
  udpEchoesPerCpuSecond: await measure(new URL('./bare-echo.ts', import.meta.url), sendDatagrams),
  fastifyRequestsPerCpuSecond: await measure(bareFastify, sendRequests),
  ...(await measureRoundTrips()),
  ...(await measureDisk()),
})

async function measureRoundTrips() {
  const worker = new Worker(bareFastify)
  const [port] = (await once(worker, 'message')) as [number]
  const client = new ApiClient(`http://127.0.0.1:${port}`, 1)
  const times: number[] = []
  for (let request = 0; request < warmUpTrips + roundTrips; request++) {
    await sleep(20)
    const started = performance.now()
    await client.place('+61255500000')
    if (request >= warmUpTrips) times.push(performance.now() - started)
  }
  client.close()
  await worker.terminate()
  return { fastifyMillisecondsP50: middle(times), fastifyMillisecondsP99: quantile(times, 0.99) }
}

/** Where the other rows keep their databases: in the folder for temporary files. */
async function measureDisk() {
  const directory = mkdtempSync(join(tmpdir(), 'cordboard-bench-'))
  const file = openSync(join(directory, 'log'), 'w')
  const page = Buffer.alloc(4096, 1)
  const times: number[] = []
  for (let write = 0; write < diskWrites; write++) {
    writeSync(file, page)
    const started = performance.now()
    fdatasyncSync(file)
    times.push(performance.now() - started)
    await sleep(5)
  }
  closeSync(file)
  rmSync(directory, { recursive: true, force: true })
  return { diskSyncMillisecondsP50: middle(times), diskSyncMillisecondsP99: quantile(times, 0.99) }
}

interface Load {
  done(): number
  stop(): void
}

async function measure(program: URL, load: (port: number) => Promise<Load>): Promise<number> {
  const worker = new Worker(program)
  const [port] = (await once(worker, 'message')) as [number]
  const { done, stop } = await load(port)
  await sleep(warmUpSeconds * 1000)
  const perCpuSecond: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = { done: done(), cpu: await worker.cpuUsage() }
    await sleep(roundSeconds * 1000)
    const { user, system } = await worker.cpuUsage(before.cpu)
    perCpuSecond.push(((done() - before.done) * 1e6) / (user + system))
  }
  stop()
  await worker.terminate()
  return middle(perCpuSecond)
}

async function sendDatagrams(port: number): Promise<Load> {
  const datagram = createInvite()
  let count = 0
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const send = () => socket.send(datagram, port, '127.0.0.1')
  socket.on('message', () => {
    count++
    send()
  })
  for (let datagrams = 0; datagrams < datagramsUnderWay; datagrams++) send()
  return { done: () => count, stop: () => socket.close() }
}

async function sendRequests(port: number): Promise<Load> {
  const client = new ApiClient(`http://127.0.0.1:${port}`, requestsUnderWay)
  let count = 0
  let stopped = false
  const ask = async (): Promise<void> => {
    while (!stopped) {
      await client.place('+61255500000')
      count++
    }
  }
  const asking = Array.from({ length: requestsUnderWay }, ask)
  return {
    done: () => count,
    stop() {
      stopped = true
      Promise.all(asking).then(
        () => client.close(),
        () => {},
      )
    },
  }
}
