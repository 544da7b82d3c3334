import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { CodecName } from '../src/media/codec.ts'
import { codecs } from '../src/media/codec.ts'
import type { MediaEndpoint } from '../src/media/media-endpoint.ts'
import type { NegotiatedMedia } from '../src/media/negotiated-media.ts'
import { middle } from './middle.ts'
import type { LoadOrder } from './relay-load.ts'
import { openPhones, startPlane, type Talk } from './relay-phones.ts'

export interface RelayResult {
  /** Two-way G.711 calls, 20 ms packets, that one core's worth of the relay thread carries; same codec on both legs. */
  readonly callsPerCore: number
  /** The same with PCMA on one leg and PCMU on the other. */
  readonly callsPerCoreConverting: number
  /** What the relay adds to the way from phone to phone at 500 calls, over the same phones talking directly. */
  readonly p50AddedMsAt500: number
  readonly p99AddedMsAt500: number
  readonly lostShare: number
  /** A relay that forwards without reading: the most that Node's datagrams allow. */
  readonly bareNodeRelay: { readonly callsPerCore: number }
  /** Processor time of all threads for allocating, bridging and releasing one call: ten at a time, pairs bound already, no packets, so no latching. */
  readonly setUpMicrosecondsPerCall: number
  /** Growth of the process's resident set per call that is up and silent; too low by the sockets that were bound before. */
  readonly bytesPerHeldCall: number
}

/** Calls at which a core's worth is measured: few enough that the generator keeps up on the other core. */
const loadCalls = 250
const seconds = 3
/** Ours and the bare one take turns, and the middle one counts: what else runs on the machine hits both alike. */
const rounds = 3

export const benchRelay = async (): Promise<RelayResult> => {
  const { phones, talk, close } = await openPhones()
  try {
    const ours: number[] = []
    const bare: number[] = []
    for (let round = 0; round < rounds; round++) {
      ours.push((await measureRelay(talk, phones, loadCalls, 'PCMA')).callsPerCore)
      bare.push(await measureBareRelay(talk, phones))
    }
    const converting = await measureRelay(talk, phones, loadCalls, 'PCMU')
    const added: { p50: number; p99: number; lostShare: number }[] = []
    for (let round = 0; round < rounds; round++) {
      const direct = await talk({ legs: legsTo(phones, 1000), seconds })
      const { p50, p99, lostShare } = await measureRelay(talk, phones, 500, 'PCMA')
      added.push({ p50: p50 - direct.p50, p99: p99 - direct.p99, lostShare })
    }
    return {
      callsPerCore: middle(ours),
      callsPerCoreConverting: converting.callsPerCore,
      p50AddedMsAt500: middle(added.map(({ p50 }) => p50)),
      p99AddedMsAt500: middle(added.map(({ p99 }) => p99)),
      lostShare: Math.max(...added.map(({ lostShare }) => lostShare)),
      bareNodeRelay: { callsPerCore: middle(bare) },
      ...(await measureCalls()),
    }
  } finally {
    await close()
  }
}

const legsTo = (ports: readonly number[], count: number): LoadOrder['legs'] =>
  Array.from({ length: count }, (_, index) => ({ port: ports[index % ports.length] as number, payloadType: 8 }))

const media = (codec: CodecName, port: number): NegotiatedMedia => ({
  codec,
  payloadType: codecs[codec].payloadType,
  clockRate: codecs[codec].clockRate,
  accepted: [{ codec, payloadType: codecs[codec].payloadType }],
  remote: { host: '127.0.0.1', port, rtcpPort: port + 1 },
  ptime: 20,
  direction: 'sendrecv',
})

const join = (first: MediaEndpoint, second: MediaEndpoint): void => {
  first.hear({ kind: 'legs', legs: [second] })
  second.hear({ kind: 'legs', legs: [first] })
}

const measureRelay = async (talk: Talk, phones: readonly number[], calls: number, second: CodecName) => {
  const plane = await startPlane()
  const endpoints: MediaEndpoint[] = []
  for (let call = 0; call < calls; call++) {
    const first = await plane.allocate()
    const other = await plane.allocate({ beside: first })
    first.setRemote(media('PCMA', phones[(2 * call) % phones.length] as number))
    other.setRemote(media(second, phones[(2 * call + 1) % phones.length] as number))
    join(first, other)
    endpoints.push(first, other)
  }
  const legs = endpoints.map(({ port, negotiated }) => ({ port, payloadType: negotiated?.payloadType ?? 0 }))
  // Two seconds for latching, and for the compiler.
  await talk({ legs, seconds: 2 })
  const before = await plane.cpuMicroseconds()
  const result = await talk({ legs, seconds })
  const used = (await plane.cpuMicroseconds()) - before
  await plane.close()
  return {
    callsPerCore: Math.round((calls * seconds * 1e6) / used),
    p50: result.p50,
    p99: result.p99,
    lostShare: 1 - result.received / result.sent,
  }
}

const measureBareRelay = async (talk: Talk, phones: readonly number[]): Promise<number> => {
  const bare = new Worker(new URL('./relay-bare.ts', import.meta.url), { workerData: { calls: loadCalls, phones } })
  const [ports] = (await once(bare, 'message')) as [number[]]
  const legs = legsTo(ports, ports.length)
  await talk({ legs, seconds: 2 })
  const before = await bare.cpuUsage()
  await talk({ legs, seconds })
  const used = await bare.cpuUsage(before)
  await bare.terminate()
  return Math.round((loadCalls * seconds * 1e6) / (used.user + used.system))
}

/** Calls that begin and end, without a packet: what the media costs a call beside its packets. */
const measureCalls = async (): Promise<Pick<RelayResult, 'setUpMicrosecondsPerCall' | 'bytesPerHeldCall'>> => {
  const plane = await startPlane()
  const setUp = async (): Promise<MediaEndpoint[]> => {
    const first = await plane.allocate()
    const second = await plane.allocate({ beside: first })
    first.setRemote(media('PCMA', 9))
    second.setRemote(media('PCMU', 9))
    join(first, second)
    return [first, second]
  }
  const cycle = async (calls: number): Promise<void> => {
    for (let call = 0; call < calls; call += 10) {
      const group = await Promise.all(Array.from({ length: 10 }, setUp))
      await Promise.all(group.flat().map((endpoint) => endpoint.release()))
    }
  }
  await cycle(2000)
  const before = process.cpuUsage()
  await cycle(2000)
  const used = process.cpuUsage(before)
  const memory = process.memoryUsage().rss
  const held: MediaEndpoint[] = []
  for (let call = 0; call < 1500; call++) held.push(...(await setUp()))
  const bytesPerHeldCall = Math.round((process.memoryUsage().rss - memory) / 1500)
  await plane.close()
  return { setUpMicrosecondsPerCall: Math.round((used.user + used.system) / 2000), bytesPerHeldCall }
}

if (import.meta.main) console.log(await benchRelay())
