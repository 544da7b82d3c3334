import { silentLog } from '../../src/log.ts'
import { answerChallenge } from '../../src/sip/digest/digest-client.ts'
import { DigestServer } from '../../src/sip/digest/digest-server.ts'
import type { SipRequest, SipResponse } from '../../src/sip/message/message.ts'
import { parseMessage } from '../../src/sip/message/parse-message.ts'
import type { BindingChange } from '../../src/sip/registrar/binding.ts'
import type { RegistrarLimits } from '../../src/sip/registrar/binding-updates.ts'
import { Registrar } from '../../src/sip/registrar/registrar.ts'
import type { Source } from '../../src/sip/transport/destination.ts'
import { createRegistrarLines } from './registrar-lines.ts'
import { createSeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

export const realm = 'cordboard'
const passwords = { '101': 's3cret-101', '102': 's3cret-102' }

/** One REGISTER of a test. */
export interface Register {
  readonly to?: string
  readonly callId?: string
  readonly sequence?: number
  readonly contacts?: readonly string[]
  readonly headers?: readonly string[]
  readonly username?: string
  readonly password?: string
  readonly via?: string
  readonly source?: Partial<Source>
  /** Of an earlier challenge; a new one is asked for if absent. */
  readonly challenges?: readonly string[]
  readonly nonceCount?: number
}

/** A registrar in virtual time, and a phone that registers there. */
export const createRegistrarScene = (limits: Partial<RegistrarLimits> = {}) => {
  const clock = new VirtualClock()
  const random = createSeededRandom(1)
  const lines = createRegistrarLines(realm, passwords)
  const { marks } = lines
  const registrar = new Registrar({
    clock,
    log: silentLog,
    digest: new DigestServer({ clock, random }),
    lines,
    limits,
  })
  const changes: BindingChange[] = []
  registrar.onChange = (change) => void changes.push(change)
  let sequence = 0
  const parse = (register: Register, number: number, authorization?: string): SipRequest => {
    const contacts = register.contacts ?? ['<sip:101@192.0.2.10:5062>']
    const head = [
      `REGISTER sip:${realm} SIP/2.0`,
      `Via: ${register.via ?? 'SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK1;rport'}`,
      `From: <sip:${register.to ?? '101'}@${realm}>;tag=phone`,
      `To: <sip:${register.to ?? '101'}@${realm}>`,
      `Call-ID: ${register.callId ?? 'registration-1'}`,
      `CSeq: ${number} REGISTER`,
      ...contacts.map((contact) => `Contact: ${contact}`),
      ...(register.headers ?? []),
      ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
      'Content-Length: 0',
    ]
    return parseMessage(Buffer.from(`${head.join('\r\n')}\r\n\r\n`)) as SipRequest
  }
  const source: Source = {
    protocol: 'udp',
    host: '198.51.100.7',
    port: 31000,
    local: { host: '192.0.2.1', port: 5060 },
    flow: 'udp:192.0.2.1:5060',
  }
  const challenge = (wanted: Register, number: number): string[] | SipResponse => {
    const response = registrar.handle(parse(wanted, number), { ...source, ...wanted.source })
    return response.status === 401 ? response.headers.getAll('WWW-Authenticate') : response
  }
  /** Registers as a phone does: unauthenticated, and again with the answer to the challenge. */
  const register = (wanted: Register = {}): SipResponse => {
    const from = { ...source, ...wanted.source }
    const number = wanted.sequence ?? ++sequence * 2
    const challenges = wanted.challenges ?? challenge(wanted, number)
    if (!Array.isArray(challenges)) return challenges as SipResponse
    const username = wanted.username ?? wanted.to ?? '101'
    const authorization = answerChallenge({
      method: 'REGISTER',
      uri: `sip:${realm}`,
      challenges,
      username,
      password: wanted.password ?? `s3cret-${username}`,
      cnonce: random.token(8),
      nonceCount: wanted.nonceCount ?? 1,
      body: Buffer.alloc(0),
    })
    return registrar.handle(parse(wanted, number + (wanted.sequence === undefined ? 1 : 0), authorization), from)
  }
  const uris = (aor = 'acme/101'): string[] => registrar.contacts(aor).map((binding) => binding.contactUri)
  return { clock, registrar, register, challenge, changes, marks, uris, parse, source }
}
