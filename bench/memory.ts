import { setTimeout as sleep } from 'node:timers/promises'
import type { LoggedCallEvent } from '../src/call/call-event.ts'
import { ApiClient } from './api-client.ts'
import { BenchServer } from './server.ts'
import { SippPhones } from './sipp-phones.ts'

export interface MemoryFigures {
  /**
   * Growth of the server's resident set per call that is up: two legs and their four sockets. Between the fewer held calls and the
   * more, so that what grows once with the first load (V8's young generation) is not counted as theirs.
   */
  readonly kibibytesPerHeldCall: number
  /** Before the first call, and with the fewer and the more of them held. */
  readonly residentMebibytes: readonly [idle: number, fewer: number, more: number]
  readonly heldCalls: readonly [fewer: number, more: number]
}

/** One at a time, so that the code is compiled, and no more sockets are bound than one call needs. */
const warmUpCalls = 200
const fewer = 500
const more = 1500
const gapMilliseconds = 5

export const benchMemory = async (): Promise<MemoryFigures> => {
  const phones = await SippPhones.start({ hangsUp: false })
  try {
    return await measureServer(phones)
  } finally {
    await phones.stop()
  }
}

const measureServer = async (phones: SippPhones): Promise<MemoryFigures> => {
  let bridged = 0
  const onEvent = ({ type }: LoggedCallEvent) => {
    if (type === 'call.bridged') bridged++
  }
  const server = await BenchServer.start({ trunkPort: phones.carrierPort, onEvent })
  const client = new ApiClient(server.url, 16)
  const hold = async (calls: number): Promise<string[]> => {
    const expected = bridged + calls
    const ids: string[] = []
    for (let call = 0; call < calls; call++) {
      ids.push(await client.place(`+612555${String(call).padStart(5, '0')}`))
      await sleep(gapMilliseconds)
    }
    for (let tries = 0; bridged < expected; tries++) {
      if (tries > 500) throw new Error(`${expected - bridged} of ${calls} calls were never bridged`)
      await sleep(20)
    }
    return ids
  }
  try {
    await phones.register(server.sipPort)
    for (let call = 0; call < warmUpCalls; call++) for (const id of await hold(1)) await client.hangUp(id)
    await sleep(1000)
    const idle = await server.residentOctets()
    await hold(fewer)
    const withFewer = await server.residentOctets()
    await hold(more - fewer)
    const withMore = await server.residentOctets()
    return {
      kibibytesPerHeldCall: (withMore - withFewer) / (more - fewer) / 1024,
      residentMebibytes: [idle / 2 ** 20, withFewer / 2 ** 20, withMore / 2 ** 20],
      heldCalls: [fewer, more],
    }
  } finally {
    client.close()
    await server.stop()
  }
}
