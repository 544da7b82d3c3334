import type { Clock } from '../clock.ts'
import type { Config } from '../config/config-schema.ts'
import type { Log } from '../log.ts'
import { MediaPlane } from '../media/media-plane.ts'
import type { Random } from '../random.ts'
import { escapeUser, parseUri } from '../sip/message/uri.ts'
import { TransactionLayer } from '../sip/transaction/transaction-layer.ts'
import { TransportLayer } from '../sip/transport/transport-layer.ts'
import type { Registration } from '../sip/user-agent/registration.ts'
import { UserAgent } from '../sip/user-agent/user-agent.ts'
import { behave, type DemoBehaviour, demoPhoneUserAgent } from './demo-phone.ts'

interface DemoContext {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Demo {
  /** SIP URI of the simulated carrier, if the configuration asks for one. */
  readonly trunkAddress?: string
  registerPhones(
    listeners: readonly { readonly protocol: string; readonly host: string; readonly port: number }[],
  ): Promise<void>
  stop(): Promise<void>
}

/** A demo phone answers after a second; each plays a tone of its own. */
const phoneBehaviour: DemoBehaviour = { kind: 'answer', afterMilliseconds: 1000 }
const firstTone = 500
/** How long the phones may take to unregister. */
const goodbyeMilliseconds = 500
const toneStep = 150

/** What the last digits of a number make of the call. */
export const trunkOutcomes: readonly {
  readonly suffix: string
  readonly outcome: string
  readonly behaviour: DemoBehaviour
}[] = [
  { suffix: '486', outcome: 'busy', behaviour: { kind: 'reject', status: 486 } },
  { suffix: '603', outcome: 'rejected', behaviour: { kind: 'reject', status: 603 } },
  { suffix: '480', outcome: 'never answered', behaviour: { kind: 'silent' } },
  { suffix: '404', outcome: 'no such number', behaviour: { kind: 'reject', status: 404 } },
  { suffix: '503', outcome: 'congestion', behaviour: { kind: 'reject', status: 503 } },
  { suffix: '999', outcome: 'answered after 8 seconds', behaviour: { kind: 'answer', afterMilliseconds: 8000 } },
]

export const trunkBehaviour = (number: string): DemoBehaviour =>
  trunkOutcomes.find(({ suffix }) => number.endsWith(suffix))?.behaviour ?? phoneBehaviour

/** Demo phones and carrier: real SIP user agents on loopback, in this process, so that a first call needs no telephone. */
export async function startDemo(config: Config, context: DemoContext): Promise<Demo> {
  const { clock, random, log } = context
  const media = new MediaPlane({ host: '127.0.0.1', portRange: [30_000, 30_999], log, clock, random })
  await media.start()
  /** Of each agent, the upper layer first. */
  const closings: (() => unknown)[] = []
  const registrations: Registration[] = []

  const createAgent = async (name: string): Promise<{ agent: UserAgent; port: number }> => {
    const transport = new TransportLayer({ clock, random, log })
    const { port } = await transport.listen({ protocol: 'udp', host: '127.0.0.1', port: 0 })
    const transactions = new TransactionLayer({ transport, clock, random, log })
    const agent = new UserAgent({
      transactions,
      transport,
      clock,
      random,
      log,
      userAgentHeader: name,
      callIdHost: 'demo',
    })
    closings.push(
      () => agent.close(),
      () => transactions.close(),
      () => transport.close(),
    )
    return { agent, port }
  }

  const startTrunk = async (): Promise<string> => {
    const { agent, port } = await createAgent('Cordboard demo carrier')
    agent.onInvite = (invite) =>
      behave(invite, trunkBehaviour(parseUri(invite.request.uri).user ?? ''), { media, clock, frequency: 1000 })
    return `sip:127.0.0.1:${port}`
  }
  const trunkAddress = config.demo?.trunk === undefined ? undefined : await startTrunk()

  return {
    ...(trunkAddress === undefined ? {} : { trunkAddress }),
    async registerPhones(listeners) {
      const registrar = listeners.find(({ protocol }) => protocol === 'udp')
      if (registrar === undefined) return
      const phones = config.demo?.phones ?? []
      await Promise.all(
        phones.map(async (phone, index) => {
          const [account = '', number = ''] = phone.split('/')
          const owner = config.accounts.find(({ name }) => name === account)
          const secret = owner?.lines.find((line) => line.number === number)?.secret
          if (secret === undefined) return
          // Which of two lines of one number it is, the registrar could not tell from the number alone.
          const isShared = config.accounts.some(
            ({ name, lines }) => name !== account && lines.some((line) => line.number === number),
          )
          const username = isShared ? `${number}@${account}` : number
          const { agent } = await createAgent(demoPhoneUserAgent)
          agent.onInvite = (invite) =>
            behave(invite, phoneBehaviour, { media, clock, frequency: firstTone + toneStep * index })
          const registration = agent.registration({
            aor: `sip:${escapeUser(username)}@${owner?.domain ?? config.sip.realm}`,
            destination: { protocol: 'udp', host: reachable(registrar.host), port: registrar.port },
            credentials: { username, password: secret },
          })
          registrations.push(registration)
          registration.start()
        }),
      )
    },
    async stop() {
      const goodbyes = Promise.all(registrations.map((registration) => registration.stop()))
      await Promise.race([goodbyes, new Promise<void>((resolve) => clock.setTimeout(resolve, goodbyeMilliseconds))])
      for (const close of closings) await close()
      await media.close()
    },
  }
}

const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host)
