import type { LoggedCallEvent } from '../src/call/call-event.ts'
import { ApiClient } from './api-client.ts'
import { middle } from './middle.ts'
import { BenchServer, type ServerOptions } from './server.ts'
import { SippPhones } from './sipp-phones.ts'

export interface CallsFigures {
  /** Whole calls a second while the server, both SIPps and the bench share the machine. */
  readonly perSecond: number
  /** Per second of the server's processor time, all threads: the median of the rounds, and the least and the most of them. */
  readonly perCpuSecond: number
  readonly perCpuSecondRange: readonly [number, number]
  /** Calls that were placed, warming up included; each was bridged and ended `completed`. */
  readonly checkedCalls: number
  /** SIP messages that the SIPps sent again for want of an answer. */
  readonly retransmissions: number
}

/** Beside what the calls are measured: a database and accounts that are there already. */
export interface Surroundings extends Pick<ServerOptions, 'data' | 'moreAccounts'> {
  readonly rounds?: number
}

/** So many calls are up at once: enough to keep the server busy, few enough that no queue grows. */
const callsUp = 64
const warmUpSeconds = 5
const usualRounds = 5
const roundSeconds = 4

/** HTTP → the phone answers → the carrier answers → bridged → the carrier hangs up, as fast as the server can. */
export const benchCalls = async (surroundings: Surroundings = {}): Promise<CallsFigures> => {
  const phones = await SippPhones.start({ hangsUp: true })
  try {
    const load = new CallLoad()
    const figures = await measureServer(phones, load, surroundings)
    const results = await phones.stop()
    for (const { failed, errors } of results) {
      if (failed > 0) throw new Error(`SIPp saw ${failed} calls that did not go as its scenario says:\n${errors}`)
    }
    const retransmissions = results.reduce((sum, result) => sum + result.retransmissions, 0)
    return { ...figures, checkedCalls: load.ended, retransmissions }
  } finally {
    await phones.stop()
  }
}

const measureServer = async (phones: SippPhones, load: CallLoad, { rounds, ...options }: Surroundings) => {
  const onEvent = (event: LoggedCallEvent) => load.take(event)
  const server = await BenchServer.start({ ...options, trunkPort: phones.carrierPort, onEvent })
  try {
    await phones.register(server.sipPort)
    load.start(server.url)
    await load.during(warmUpSeconds)
    const figures = await measureRounds(server, load, rounds ?? usualRounds)
    await load.stop()
    return figures
  } finally {
    await server.stop()
  }
}

const measureRounds = async (server: BenchServer, load: CallLoad, rounds: number) => {
  const perSecond: number[] = []
  const perCpuSecond: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = { ended: load.ended, at: performance.now(), cpu: server.cpuSeconds() }
    await load.during(roundSeconds)
    const calls = load.ended - before.ended
    perCpuSecond.push(calls / (server.cpuSeconds() - before.cpu))
    perSecond.push((calls * 1000) / (performance.now() - before.at))
  }
  const range = [Math.min(...perCpuSecond), Math.max(...perCpuSecond)] as const
  return { perSecond: middle(perSecond), perCpuSecond: middle(perCpuSecond), perCpuSecondRange: range }
}

/** Keeps the same number of calls up: where one ends, the next is placed. */
export class CallLoad {
  placed = 0
  ended = 0
  readonly #bridged = new Set<string>()
  #client: ApiClient | undefined
  #stopping = false
  readonly #failed = Promise.withResolvers<never>()
  readonly #idle = Promise.withResolvers<void>()

  constructor() {
    // Whoever waits hears of it; before and after nobody does.
    this.#failed.promise.catch(() => {})
  }

  start(url: string): void {
    this.#client = new ApiClient(url, callsUp)
    for (let call = 0; call < callsUp; call++) this.#placeNext()
  }

  /** An event of the server's log. */
  take(event: LoggedCallEvent): void {
    if (event.type === 'call.bridged') this.#bridged.add(event.callId)
    if (event.type !== 'call.ended') return
    this.ended++
    if (event.cause !== 'completed' || !this.#bridged.delete(event.callId)) {
      this.#failed.reject(
        new Error(`call ${event.callId} ended as ${event.cause}, and was not bridged or not completed`),
      )
    } else if (!this.#stopping) this.#placeNext()
    else if (this.ended === this.placed) this.#idle.resolve()
  }

  /** Resolves after so long; rejects at once if a call goes wrong meanwhile. */
  async during(seconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000)
    })
    await Promise.race([passed, this.#failed.promise]).finally(() => clearTimeout(timer))
  }

  /** Places no more, and resolves when every call has ended. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.ended === this.placed) this.#idle.resolve()
    const patience = this.during(10).then(() => {
      throw new Error(`${this.placed - this.ended} of ${this.placed} calls never ended`)
    })
    await Promise.race([this.#idle.promise, patience])
    patience.catch(() => {})
    this.#client?.close()
  }

  #placeNext(): void {
    this.placed++
    this.#client?.place(`+612555${String(this.placed % 100_000).padStart(5, '0')}`).catch(this.#failed.reject)
  }
}
