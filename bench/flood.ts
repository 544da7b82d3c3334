import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { LoggedCallEvent } from '../src/call/call-event.ts'
import { ApiClient } from './api-client.ts'
import { quantile } from './middle.ts'
import { BenchServer } from './server.ts'
import { SipPeer } from './sip-peer.ts'
import { registerPhone } from './sipp-phones.ts'

export interface FloodFigures {
  /** From asking for a call to having the answer, in the middle: at rest, and under the flood. */
  readonly apiMillisecondsAtRest: number
  readonly apiMillisecondsFlooded: number
  readonly floodedOverRest: number
  /** BYEs of the phone and the carrier that were answered with anything but 200, and calls that were not `completed`. */
  readonly byesRefused: number
  readonly callsLost: number
  readonly hostilePacketsPerSecond: number
}

const packetsPerSecond = 10_000
const callsPerSecond = 20
const warmUpCalls = 200
const measuredCalls = 300
const talkMilliseconds = 500

/** What good calls notice of strangers' packets of every kind, at 10,000 a second. */
export const benchFlood = async (): Promise<FloodFigures> => {
  const carrier = await SipPeer.open({ talkMilliseconds })
  let ended = 0
  let callsLost = 0
  const onEvent = (event: LoggedCallEvent): void => {
    if (event.type !== 'call.ended') return
    ended++
    if (event.cause !== 'completed') callsLost++
  }
  const server = await BenchServer.start({ trunkPort: carrier.port, onEvent })
  const client = new ApiClient(server.url, 16)
  let byesRefused = 0
  carrier.onByeAnswered = (status) => {
    if (status !== 200) byesRefused++
  }
  let phone: SipPeer | undefined
  /** The middle of the times of so many calls, placed evenly. */
  const place = async (calls: number): Promise<number> => {
    const [before, start] = [ended, performance.now()]
    const times: number[] = []
    const asked: Promise<void>[] = []
    for (let call = 0; call < calls; call++) {
      await sleep(Math.max(0, start + (call * 1000) / callsPerSecond - performance.now()))
      const since = performance.now()
      const placed = client.place(`+612555${String(call).padStart(5, '0')}`)
      asked.push(placed.then(() => void times.push(performance.now() - since)))
    }
    await Promise.all(asked)
    // A lost datagram is sent again; what has not ended when timer F has fired never will.
    for (let tries = 0; ended < before + calls && tries < 1600; tries++) await sleep(20)
    callsLost += before + calls - ended
    ended = before + calls
    return quantile(times, 0.5)
  }
  try {
    phone = await SipPeer.open({ port: await registerPhone(server.sipPort) })
    await place(warmUpCalls)
    const apiMillisecondsAtRest = await place(measuredCalls)
    const flood = await Flood.start(server.sipPort)
    await place(warmUpCalls)
    const apiMillisecondsFlooded = await place(measuredCalls)
    const hostilePacketsPerSecond = await flood.stop()
    return {
      apiMillisecondsAtRest,
      apiMillisecondsFlooded,
      floodedOverRest: apiMillisecondsFlooded / apiMillisecondsAtRest,
      byesRefused,
      callsLost,
      hostilePacketsPerSecond,
    }
  } finally {
    client.close()
    await server.stop()
    phone?.close()
    carrier.close()
  }
}

class Flood {
  readonly #worker: Worker

  static async start(port: number): Promise<Flood> {
    const worker = new Worker(new URL('./hostile-sender.ts', import.meta.url), {
      workerData: { port, packetsPerSecond },
    })
    await once(worker, 'online')
    return new Flood(worker)
  }

  private constructor(worker: Worker) {
    this.#worker = worker
  }

  /** Resolves with the packets per second that it has sent. */
  async stop(): Promise<number> {
    const told = once(this.#worker, 'message')
    this.#worker.postMessage('stop')
    const [{ sent, seconds }] = (await told) as [{ sent: number; seconds: number }]
    await this.#worker.terminate()
    return sent / seconds
  }
}
