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
    const { checkedCalls, ...figures } = await measureServer(phones, surroundings)
    const results = await phones.stop()
    for (const { failed, errors } of results) {
      if (failed > 0) throw new Error(`SIPp saw ${failed} calls that did not go as its scenario says:\n${errors}`)
    }
    const retransmissions = results.reduce((sum, result) => sum + result.retransmissions, 0)
    return { ...figures, checkedCalls, retransmissions }
  } finally {
    await phones.stop()
  }
}

const measureServer = async (phones: SippPhones, { rounds, ...options }: Surroundings) => {
  const bridged = new Set<string>()
  const onEvent = (event: LoggedCallEvent) => {
    if (event.type === 'call.bridged') bridged.add(event.callId)
    if (event.type !== 'call.ended') return
    const isWhole = bridged.delete(event.callId) && event.cause === 'completed'
    load.finish(
      isWhole ? undefined : `call ${event.callId} ended as ${event.cause}, and was not bridged or not completed`,
    )
  }
  const server = await BenchServer.start({ ...options, trunkPort: phones.carrierPort, onEvent })
  const client = new ApiClient(server.url, callsUp)
  const load = new CallLoad((number) => client.place(number))
  try {
    await phones.register(server.sipPort)
    const figures = await load.measured(() => measureRounds(() => server.cpuSeconds(), load, rounds ?? usualRounds))
    return { ...figures, checkedCalls: load.ended }
  } finally {
    client.close()
    await server.stop()
  }
}

/** Calls that end in each round, by the clock and by the processor time that `spent` tells in seconds. */
export const measureRounds = async (spent: () => number, load: CallLoad, rounds: number) => {
  const perSecond: number[] = []
  const perCpuSecond: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = { ended: load.ended, at: performance.now(), cpu: spent() }
    await load.during(roundSeconds)
    const calls = load.ended - before.ended
    perCpuSecond.push(calls / (spent() - before.cpu))
    perSecond.push((calls * 1000) / (performance.now() - before.at))
  }
  const range = [Math.min(...perCpuSecond), Math.max(...perCpuSecond)] as const
  return { perSecond: middle(perSecond), perCpuSecond: middle(perCpuSecond), perCpuSecondRange: range }
}

/** Keeps the same number of calls up: where one ends, the next is placed. */
export class CallLoad {
  placed = 0
  ended = 0
  readonly #place: (number: string) => Promise<unknown>
  #stopping = false
  readonly #failed = Promise.withResolvers<never>()
  readonly #idle = Promise.withResolvers<void>()

  /** `place` asks for a call to that number. */
  constructor(place: (number: string) => Promise<unknown>) {
    this.#place = place
    // Whoever waits hears of it; before and after nobody does.
    this.#failed.promise.catch(() => {})
  }

  /** What `measure` finds under the load, once that has warmed up; resolves when no call is left. */
  async measured<Figures>(measure: () => Promise<Figures>): Promise<Figures> {
    for (let call = 0; call < callsUp; call++) this.#placeNext()
    await this.during(warmUpSeconds)
    const figures = await measure()
    await this.#stop()
    return figures
  }

  /** A call has ended; `fault` says what was wrong with it. */
  finish(fault?: string): void {
    this.ended++
    if (fault !== undefined) this.#failed.reject(new Error(fault))
    else if (!this.#stopping) this.#placeNext()
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
  async #stop(): Promise<void> {
    this.#stopping = true
    if (this.ended === this.placed) this.#idle.resolve()
    const patience = this.during(10).then(() => {
      throw new Error(`${this.placed - this.ended} of ${this.placed} calls never ended`)
    })
    await Promise.race([this.#idle.promise, patience])
    patience.catch(() => {})
  }

  #placeNext(): void {
    this.placed++
    this.#place(`+612555${String(this.placed % 100_000).padStart(5, '0')}`).catch(this.#failed.reject)
  }
}
