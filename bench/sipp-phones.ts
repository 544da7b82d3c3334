import { fileURLToPath } from 'node:url'
import { Sipp, type SippResult } from '../test/peers/sipp.ts'
import { freeUdpPort } from '../test/support/free-port.ts'
import { secret } from './server.ts'

const scenario = (name: string): string => fileURLToPath(new URL(`./scenarios/${name}.xml`, import.meta.url))

/** Registers line 101 by SIPp and leaves; returns the free port that a phone must answer at from now on. */
export async function registerPhone(sipPort: number): Promise<number> {
  const port = await freeUdpPort()
  const registration = { scenario: scenario('register'), port, target: `127.0.0.1:${sipPort}`, keys: { line: '101' } }
  await (await Sipp.start({ ...registration, args: ['-au', '101', '-ap', secret], calls: 1 })).finished()
  return port
}

/** SIPp's own buffers hold some fifty messages: on a busy machine it would lose what came while it did not run. */
const underLoad = { args: ['-buff_size', String(1 << 21)], trace: false }

/** SIPp on both ends: the phone of line 101, and the carrier that the second leg goes to. */
export class SippPhones {
  readonly carrierPort: number
  readonly #carrier: Sipp
  #phone: Sipp | undefined

  /** `hangsUp`: the carrier's side ends each call after a moment; else it lasts until the server ends it. */
  static async start({ hangsUp }: { readonly hangsUp: boolean }): Promise<SippPhones> {
    const carrier = await Sipp.start({ scenario: scenario(hangsUp ? 'answer-and-hang-up' : 'answer'), ...underLoad })
    return new SippPhones(carrier)
  }

  private constructor(carrier: Sipp) {
    this.#carrier = carrier
    this.carrierPort = carrier.port
  }

  /** The phone registers, then answers at the address that it registered. */
  async register(sipPort: number): Promise<void> {
    await this.answer(await registerPhone(sipPort))
  }

  /** The phone answers, at a port that whoever calls it knows without a registration; returns that. */
  async answer(port?: number): Promise<number> {
    const at = port === undefined ? {} : { port }
    this.#phone = await Sipp.start({ scenario: scenario('answer'), ...at, ...underLoad })
    return this.#phone.port
  }

  async stop(): Promise<readonly SippResult[]> {
    const sipps = [this.#carrier, this.#phone].filter((sipp) => sipp !== undefined)
    const results = await Promise.all(sipps.map((sipp) => sipp.stop()))
    for (const sipp of sipps) sipp.forget()
    return results
  }
}
