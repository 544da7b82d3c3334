import { setTimeout as sleep } from 'node:timers/promises'
import type { LoggedCallEvent } from '../src/call/call-event.ts'
import { ApiClient } from './api-client.ts'
import { quantile } from './middle.ts'
import { BenchServer } from './server.ts'
import { SipPeer } from './sip-peer.ts'
import { registerPhone } from './sipp-phones.ts'

export interface LatencyFigures {
  /** From the first octet of the HTTP request to the first INVITE at the phone's socket, milliseconds. */
  readonly requestToInviteP50: number
  readonly requestToInviteP99: number
  /** From the phone's 200 to the second INVITE at the carrier's socket. */
  readonly answerToInviteP50: number
  readonly answerToInviteP99: number
  readonly measuredCalls: number
}

const callsPerSecond = 50
const warmUpCalls = 500
const measuredCalls = 1500
const talkMilliseconds = 200

/** What a caller waits for because of us, at a load that leaves the machine idle most of the time. */
export const benchLatency = async (): Promise<LatencyFigures> => {
  const carrier = await SipPeer.open({ talkMilliseconds })
  const times = new CallTimes()
  const server = await BenchServer.start({ trunkPort: carrier.port, onEvent: (event) => times.take(event) })
  const client = new ApiClient(server.url, 16)
  let phone: SipPeer | undefined
  try {
    phone = await SipPeer.open({ port: await registerPhone(server.sipPort) })
    times.watch(phone, carrier)
    await placeSteadily(client, times, warmUpCalls)
    return await placeSteadily(client, times, measuredCalls)
  } finally {
    client.close()
    await server.stop()
    phone?.close()
    carrier.close()
  }
}

/** The call's number stands in what line 101 is shown, and in what the carrier is asked for: so the moments are told apart. */
class CallTimes {
  readonly #requested = new Map<string, number>()
  readonly #answered = new Map<string, number>()
  #requestToInvite: number[] = []
  #answerToInvite: number[] = []
  #completed = 0
  #failure: Error | undefined

  watch(phone: SipPeer, carrier: SipPeer): void {
    phone.onInvite = ({ caller, at }) => note(this.#requestToInvite, this.#requested, caller, at)
    phone.onAnswering = ({ caller }) => this.#answered.set(caller, performance.now())
    carrier.onInvite = ({ called, at }) => note(this.#answerToInvite, this.#answered, called, at)
  }

  take(event: LoggedCallEvent): void {
    if (event.type !== 'call.ended') return
    if (event.cause === 'completed') this.#completed++
    else this.#failure ??= new Error(`call ${event.callId} ended as ${event.cause}`)
  }

  async place(client: ApiClient, number: string): Promise<void> {
    this.#requested.set(number, performance.now())
    await client.place(number, number)
  }

  /** Resolves when so many calls have gone well from first to last since the last one; their times are forgotten then. */
  async figures(calls: number): Promise<LatencyFigures> {
    const until = performance.now() + 5000
    while (this.#completed < calls && this.#failure === undefined && performance.now() < until) await sleep(20)
    if (this.#failure !== undefined) throw this.#failure
    const first = this.#requestToInvite
    const second = this.#answerToInvite
    const counts = [this.#completed, first.length, second.length]
    if (counts.some((count) => count !== calls)) throw new Error(`of ${calls} calls, ${counts} were seen to the end`)
    this.#requestToInvite = []
    this.#answerToInvite = []
    this.#completed = 0
    return {
      requestToInviteP50: quantile(first, 0.5),
      requestToInviteP99: quantile(first, 0.99),
      answerToInviteP50: quantile(second, 0.5),
      answerToInviteP99: quantile(second, 0.99),
      measuredCalls: calls,
    }
  }
}

function note(times: number[], since: Map<string, number>, number: string, at: number): void {
  const from = since.get(number)
  if (from !== undefined) times.push(at - from)
  since.delete(number)
}

/** Evenly, whether or not the calls before have been answered. */
async function placeSteadily(client: ApiClient, times: CallTimes, calls: number): Promise<LatencyFigures> {
  const start = performance.now()
  const asked: Promise<void>[] = []
  for (let call = 0; call < calls; call++) {
    await sleep(Math.max(0, start + (call * 1000) / callsPerSecond - performance.now()))
    asked.push(times.place(client, `+612555${String(call).padStart(5, '0')}`))
  }
  await Promise.all(asked)
  return times.figures(calls)
}
