import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { systemClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { systemRandom } from '../../src/random.ts'
import type { SipRequest } from '../../src/sip/message/message.ts'
import { parseUri } from '../../src/sip/message/uri.ts'
import { TransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import { TransportLayer } from '../../src/sip/transport/transport-layer.ts'
import type { IncomingInvite } from '../../src/sip/user-agent/incoming-invite.ts'
import type { Session } from '../../src/sip/user-agent/session.ts'
import { UserAgent } from '../../src/sip/user-agent/user-agent.ts'

/** What the phone does with a call; one that neither rejects nor answers rings until the caller gives up. */
export interface PhoneBehaviour {
  /** A final status, instead of ringing. */
  readonly reject?: number
  readonly answerAfter?: number
  /** Counted from the answer; else it talks until it is hung up. */
  readonly hangUpAfter?: number
}

/** One INVITE that reached a phone, and how it went. Times are milliseconds since the epoch. */
export interface PhoneCall {
  /** The number dialled; of a line, the number that its caller shows. */
  readonly number: string
  readonly invitedAt: number
  state: 'ringing' | 'talking' | 'over'
  overAt: number | undefined
}

/** Many phones behind one UDP port: a carrier's, or lines of a registrar. They keep a journal of every INVITE. */
export class LoopbackPhones {
  /** Every call there was, unless they forget: then only those that are up. */
  readonly calls = new Set<PhoneCall>()
  /** What a number does with its call. */
  behaviour: (number: string) => PhoneBehaviour = () => ({ answerAfter: 0 })
  /** For long loads. */
  isForgetful = false
  readonly port: number
  readonly #userAgent: UserAgent
  readonly #close: () => Promise<void>
  /** Whatever is said to a phone is heard here, and by nobody. */
  readonly #ear: Socket
  readonly #sessions = new Set<Session>()
  readonly #timers = new Set<NodeJS.Timeout>()

  static async open(): Promise<LoopbackPhones> {
    const context = { clock: systemClock, random: systemRandom, log: silentLog }
    const transport = new TransportLayer(context)
    const { port } = await transport.listen({ protocol: 'udp', host: '127.0.0.1', port: 0 })
    const transactions = new TransactionLayer({ ...context, transport })
    const userAgent = new UserAgent({ ...context, transport, transactions, userAgentHeader: 'Loopback phones' })
    const ear = createSocket('udp4')
    ear.bind(0, '127.0.0.1')
    await once(ear, 'listening')
    const close = async () => {
      userAgent.close()
      transactions.close()
      await transport.close()
    }
    return new LoopbackPhones(userAgent, port, ear, close)
  }

  private constructor(userAgent: UserAgent, port: number, ear: Socket, close: () => Promise<void>) {
    this.port = port
    this.#userAgent = userAgent
    this.#ear = ear
    this.#close = close
    userAgent.onInvite = (invite) => this.#receive(invite)
  }

  /** Those that ring or talk. */
  get up(): readonly PhoneCall[] {
    return [...this.calls].filter(({ state }) => state !== 'over')
  }

  /** Resolves when the line is registered. */
  register(number: string, password: string, registrarPort: number): Promise<void> {
    const registration = this.#userAgent.registration({
      aor: `sip:${number}@cordboard`,
      destination: { protocol: 'udp', host: '127.0.0.1', port: registrarPort },
      credentials: { username: number, password },
    })
    return new Promise((resolve, reject) => {
      registration.onState = ({ status }) => {
        if (status === 'registered') resolve()
        if (status === 'failed') reject(new Error(`line ${number} could not register`))
      }
      registration.start()
    })
  }

  hangUpAll(): void {
    for (const session of this.#sessions) void session.bye()
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#ear.close()
    await this.#close()
  }

  #receive(invite: IncomingInvite): void {
    const call: PhoneCall = {
      number: numberOf(invite.request),
      invitedAt: Date.now(),
      state: 'ringing',
      overAt: undefined,
    }
    this.calls.add(call)
    const { reject, answerAfter, hangUpAfter } = this.behaviour(call.number)
    if (reject !== undefined) {
      this.#over(call)
      return invite.reject(reject)
    }
    invite.ring()
    const timer = answerAfter === undefined ? undefined : this.#later(answerAfter, () => answer())
    invite.onCancelled = () => {
      this.#never(timer)
      this.#over(call)
    }
    const answer = () => {
      const session = invite.accept({ type: 'application/sdp', content: this.#description() }, [], {
        onEnded: () => {
          if (session !== undefined) this.#sessions.delete(session)
          this.#over(call)
        },
      })
      if (session === undefined) return
      call.state = 'talking'
      this.#sessions.add(session)
      if (hangUpAfter !== undefined) this.#later(hangUpAfter, () => void session.bye())
    }
  }

  #over(call: PhoneCall): void {
    call.state = 'over'
    call.overAt = Date.now()
    if (this.isForgetful) this.calls.delete(call)
  }

  #later(milliseconds: number, task: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      task()
    }, milliseconds)
    this.#timers.add(timer)
    return timer
  }

  #never(timer: NodeJS.Timeout | undefined): void {
    clearTimeout(timer)
    if (timer !== undefined) this.#timers.delete(timer)
  }

  #description(): string {
    const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
    return [...lines, `m=audio ${this.#ear.address().port} RTP/AVP 8`, 'a=rtpmap:8 PCMA/8000', ''].join('\r\n')
  }
}

function numberOf(invite: SipRequest): string {
  const dialled = parseUri(invite.uri).user ?? ''
  return dialled.startsWith('+') ? dialled : (parseUri(invite.from.uri).user ?? '')
}
