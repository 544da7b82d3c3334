import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRegistrarLines } from '../../../test/support/registrar-lines.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { silentLog } from '../../log.ts'
import { answerChallenge } from '../digest/digest-client.ts'
import { DigestServer } from '../digest/digest-server.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { parseMessage } from '../message/parse-message.ts'
import type { Source } from '../transport/destination.ts'
import type { BindingChange } from './binding.ts'
import { Registrar, type RegistrarLimits } from './registrar.ts'

const realm = 'cordboard'
const passwords = { '101': 's3cret-101', '102': 's3cret-102' }

interface Register {
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

const setUp = (limits: Partial<RegistrarLimits> = {}) => {
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

describe('RFC 3261 section 10.3: processing REGISTER requests', () => {
  it('steps 3 and 4: challenges, with SHA-256 first, and tells nobody which lines exist', () => {
    const { registrar, parse, source } = setUp()
    const known = registrar.handle(parse({}, 1), source)
    const unknown = registrar.handle(parse({ to: '999' }, 1), source)
    assert.equal(known.status, 401)
    assert.equal(unknown.status, 401)
    assert.match(known.headers.get('WWW-Authenticate') ?? '', /SHA-256/)
    const shape = (response: SipResponse): string[] =>
      response.headers.getAll('WWW-Authenticate').map((value) => value.replace(/nonce="[^"]*"/, ''))
    assert.deepEqual(shape(known), shape(unknown))
  })

  it('keeps the contact, where it came from, and its User-Agent', () => {
    const { register, registrar, changes, source } = setUp()
    const response = register({ headers: ['User-Agent: Yealink SIP-T46S 66.86', 'Expires: 600'] })
    assert.equal(response.status, 200)
    assert.match(response.headers.get('Contact') ?? '', /<sip:101@192\.0\.2\.10:5062>;expires=600/)
    const [binding] = registrar.contacts('acme/101')
    assert.equal(binding?.userAgent, 'Yealink SIP-T46S 66.86')
    assert.deepEqual(binding?.destination, { protocol: 'udp', host: '198.51.100.7', port: 31000, flow: source.flow })
    assert.deepEqual(
      changes.map((change) => change.type),
      ['added'],
    )
  })

  it('a wrong password and an unknown line are refused alike', () => {
    const { register, uris } = setUp()
    const wrong = register({ password: 'wrong' })
    const unknown = register({ to: '999' })
    assert.equal(wrong.status, 403)
    assert.equal(unknown.status, 403)
    assert.equal(wrong.reason, unknown.reason)
    assert.deepEqual(uris(), [])
  })

  it('step 4: nobody registers for another line', () => {
    const { register, uris } = setUp()
    assert.equal(register({ to: '101', username: '102' }).status, 403)
    assert.deepEqual(uris(), [])
  })

  it('step 2: an extension that we lack gets 420', () => {
    const { register } = setUp()
    const response = register({ headers: ['Require: tasty'] })
    assert.equal(response.status, 420)
    assert.equal(response.headers.get('Unsupported'), 'tasty')
  })

  it('step 6: the wildcard removes everything, with Expires 0 only', () => {
    const { register, uris, changes } = setUp()
    register({ contacts: ['<sip:a@192.0.2.10>', '<sip:b@192.0.2.11>'] })
    assert.equal(register({ contacts: ['*'] }).status, 400)
    assert.equal(uris().length, 2)
    assert.equal(register({ contacts: ['*'], headers: ['Expires: 0'] }).status, 200)
    assert.deepEqual(uris(), [])
    assert.equal(changes.filter((change) => change.type === 'removed').length, 2)
  })

  it('step 7: an interval below the minimum gets 423 with Min-Expires, one above the maximum is cut', () => {
    const { register } = setUp()
    const brief = register({ headers: ['Expires: 30'] })
    assert.equal(brief.status, 423)
    assert.equal(brief.headers.get('Min-Expires'), '60')
    assert.match(register({ headers: ['Expires: 86400'] }).headers.get('Contact') ?? '', /expires=3600/)
  })

  it('step 7: the expires of a Contact goes before that of the request, and 0 removes', () => {
    const { register, uris } = setUp()
    assert.match(
      register({ contacts: ['<sip:a@h>;expires=120'], headers: ['Expires: 600'] }).headers.get('Contact') ?? '',
      /=120/,
    )
    register({ contacts: ['<sip:a@h>;expires=0'] })
    assert.deepEqual(uris(), [])
  })

  it('step 7: within a Call-ID an older CSeq fails the whole update', async () => {
    const { register, challenge, uris, clock } = setUp()
    const challenges = challenge({}, 1) as string[]
    register({ sequence: 10, challenges, nonceCount: 2 })
    await clock.advance(2000)
    const outdated = register({
      sequence: 9,
      challenges,
      contacts: ['<sip:new@192.0.2.10>', '<sip:101@192.0.2.10:5062>;expires=0'],
    })
    assert.equal(outdated.status, 500)
    assert.deepEqual(uris(), ['sip:101@192.0.2.10:5062'])
    assert.equal(register({ sequence: 1, callId: 'rebooted' }).status, 200)
  })

  it('a phone that counts from 1 again within its Call-ID, for it was switched off, is not locked out', async () => {
    const { register, challenge, uris, clock } = setUp()
    const before = challenge({}, 1) as string[]
    assert.equal(register({ sequence: 4711 }).status, 200)
    await clock.advance(5000)
    assert.equal(register({ sequence: 2, contacts: ['<sip:101@192.0.2.10:5062>'] }).status, 200)
    // What was sent before that, and comes only now, is outdated still.
    const late = { sequence: 2, challenges: before, contacts: ['<sip:late@192.0.2.10>', '<sip:101@192.0.2.10:5062>'] }
    assert.equal(register(late).status, 500)
    assert.equal(register({ sequence: 4712, contacts: ['*'], headers: ['Expires: 0'] }).status, 200)
    assert.equal(register({ sequence: 1, contacts: ['<sip:101@192.0.2.10:5070>'] }).status, 200)
    await clock.advance(1)
    assert.equal(register({ sequence: 1, contacts: ['*'], headers: ['Expires: 0'] }).status, 200)
    assert.deepEqual(uris(), [])
  })

  it('step 8: lists every contact, the preferred first', () => {
    const { register, uris } = setUp()
    register({ contacts: ['<sip:low@h>;q=0.2', '<sip:high@h>;q=0.9'] })
    assert.deepEqual(uris(), ['sip:high@h', 'sip:low@h'])
    const listed = register({ contacts: [] }).headers.getAll('Contact')
    assert.equal(listed.length, 2)
  })

  it('forgets a contact when its time is over', async () => {
    const { register, uris, clock, changes, registrar } = setUp()
    register({ headers: ['Expires: 60'] })
    await clock.advance(59_000)
    assert.equal(uris().length, 1)
    await clock.advance(1_000)
    assert.deepEqual(uris(), [])
    await clock.advance(10_000)
    const last = changes.at(-1)
    assert.equal(last?.type === 'removed' && last.reason, 'expired')
    assert.deepEqual(registrar.counts(), { bindings: 0, timers: 0 })
  })
})

describe('guessing passwords', () => {
  const stranger = { source: { host: '203.0.113.9' }, callId: 'guess' }

  it('a challenge never counts, however many are asked for', () => {
    const { registrar, parse, source, register } = setUp()
    const from = { ...source, host: '203.0.113.9' }
    for (let index = 0; index < 1000; index++) assert.equal(registrar.handle(parse({}, index), from).status, 401)
    assert.equal(register({ ...stranger }).status, 200)
  })

  it('2,000 guesses: refused, then slowed down with Retry-After, then the address is not heard', () => {
    const { register, uris } = setUp()
    const statuses = Array.from(
      { length: 2000 },
      (_, index) =>
        register({ ...stranger, to: index % 2 === 0 ? '101' : '999', username: String(index % 100), password: 'wrong' })
          .status,
    )
    assert.deepEqual(new Set(statuses.slice(0, 50)), new Set([403]))
    assert.deepEqual(new Set(statuses.slice(50)), new Set([403]))
    // Even the right password is of no use to it now, and it gets no challenge.
    assert.equal(register({ ...stranger }).status, 403)
    assert.deepEqual(uris(), [])
    assert.equal(register().status, 200, 'a phone elsewhere registers on')
  })

  it('a line that exists is slowed down like one that does not', () => {
    const ofLine = (number: string) => {
      const { register } = setUp()
      return Array.from({ length: 10 }, () => {
        const { status, reason, headers } = register({ ...stranger, to: number, username: number, password: 'wrong' })
        return `${status} ${reason} ${headers.get('Retry-After') ?? ''}`
      })
    }
    assert.deepEqual(ofLine('101'), ofLine('999'))
    assert.deepEqual(ofLine('101').slice(4, 6), ['403 Forbidden ', '503 Too Many Wrong Passwords 60'])
  })

  it('several passwords in one request are several guesses', () => {
    const { registrar, parse, source } = setUp()
    const from = { ...source, host: '203.0.113.9' }
    const challenged = registrar.handle(parse({}, 1), from)
    const guesses = Array.from({ length: 8 }, (_, index) => {
      const value = answerChallenge({
        method: 'REGISTER',
        uri: `sip:${realm}`,
        challenges: challenged.headers.getAll('WWW-Authenticate'),
        username: '101',
        password: index === 7 ? 's3cret-101' : `guess-${index}`,
        cnonce: 'c',
        nonceCount: index + 1,
        body: Buffer.alloc(0),
      })
      return `Authorization: ${value}`
    })
    assert.equal(registrar.handle(parse({ headers: guesses }, 2), from).status, 403)
    assert.deepEqual(registrar.contacts('acme/101'), [])
  })

  it('a registered phone refreshes while somebody at its own address guesses at its line', () => {
    const { register } = setUp()
    assert.equal(register().status, 200)
    for (let index = 0; index < 200; index++) register({ callId: 'other', password: 'wrong' })
    assert.equal(register({ callId: 'other' }).status, 503)
    assert.equal(register().status, 200)
  })

  it('who has a line may not guess at another’s in the name of its own registration', () => {
    const { register } = setUp()
    assert.equal(register().status, 200)
    const statuses = Array.from({ length: 200 }, () => register({ username: '102', password: 'wrong' }).status)
    assert.equal(statuses.filter((status) => status === 403).length, 5)
    assert.equal(statuses.filter((status) => status === 503).length, 195)
    assert.equal(register({ password: 'wrong' }).status, 403)
    assert.equal(register().status, 200, 'its own refresh is looked at all the same')
  })

  it('nobody of the same network gets a phone shut out by forging its address', () => {
    const { registrar, parse, source, register } = setUp()
    const challenges = registrar
      .handle(parse({}, 1), { ...source, host: '203.0.113.66' })
      .headers.getAll('WWW-Authenticate')
    for (let index = 0; index < 200; index++) {
      const value = answerChallenge({
        ...{ method: 'REGISTER', uri: `sip:${realm}`, challenges, username: String(index), password: 'wrong' },
        ...{ cnonce: 'c', nonceCount: index + 1, body: Buffer.alloc(0) },
      })
      registrar.handle(parse({ headers: [`Authorization: ${value}`] }, index + 2), { ...source, host: '203.0.113.9' })
    }
    assert.equal(register({ source: { host: '203.0.113.9' } }).status, 200)
  })

  it('no credentials of another line tell whether there is one', () => {
    const { register } = setUp()
    const shape = ({ status, reason }: SipResponse) => `${status} ${reason}`
    const known = register({ to: '101', username: '102' })
    const unknown = register({ to: '999', username: '102' })
    assert.equal(shape(known), '403 Forbidden')
    assert.equal(shape(unknown), shape(known))
  })
})

describe('bounds of the registrar', () => {
  it('a line keeps the ten newest contacts: the phone that comes is never the one that is lost', () => {
    const { register, uris, changes } = setUp()
    for (let index = 0; index < 12; index++) {
      const response = register({ contacts: [`<sip:101@192.0.2.10:${4000 + index}>`], callId: `c${index}` })
      assert.equal(response.status, 200)
      assert.equal(response.headers.getAll('Contact').length, Math.min(10, index + 1))
    }
    const kept = uris().toSorted()
    assert.deepEqual(
      kept,
      Array.from({ length: 10 }, (_, index) => `sip:101@192.0.2.10:${4002 + index}`),
    )
    const replaced = changes.filter((change) => change.type === 'removed' && change.reason === 'replaced')
    assert.deepEqual(
      replaced.map(({ binding }) => binding.contactUri),
      ['sip:101@192.0.2.10:4000', 'sip:101@192.0.2.10:4001'],
    )
  })

  it('a contact that is refreshed is new again', () => {
    const { register, uris } = setUp({ contactsPerLine: 2 })
    register({ contacts: ['<sip:desk@h>'], callId: 'desk' })
    register({ contacts: ['<sip:old@h>'], callId: 'old' })
    register({ contacts: ['<sip:desk@h>'], callId: 'desk' })
    register({ contacts: ['<sip:new@h>'], callId: 'new' })
    assert.deepEqual(uris().toSorted(), ['sip:desk@h', 'sip:new@h'])
  })

  it('contacts of one REGISTER do not push each other out, nor what it removes', () => {
    const { register, uris } = setUp({ contactsPerLine: 2 })
    register({ contacts: ['<sip:a@h>', '<sip:b@h>'], callId: '1' })
    register({ contacts: ['<sip:c@h>', '<sip:a@h>;expires=0'], callId: '2' })
    assert.deepEqual(uris().toSorted(), ['sip:b@h', 'sip:c@h'])
    register({ contacts: ['<sip:d@h>', '<sip:e@h>'], callId: '3' })
    assert.deepEqual(uris().toSorted(), ['sip:d@h', 'sip:e@h'])
    const many = register({ contacts: ['<sip:f@h>', '<sip:g@h>', '<sip:i@h>'], callId: '4' })
    assert.equal(many.status, 403)
    assert.equal(many.reason, 'Too Many Contacts')
  })

  it('a Contact that no phone would have gets 400', () => {
    const { register } = setUp()
    assert.equal(register({ contacts: [`<sip:${'a'.repeat(1100)}@h>`] }).status, 400)
  })

  it('a full registrar says so with 503 and still refreshes', () => {
    const { register } = setUp({ contactsInTotal: 1 })
    register({ contacts: ['<sip:a@h>'] })
    const full = register({ contacts: ['<sip:b@h>'] })
    assert.equal(full.status, 503)
    assert.equal(full.headers.get('Retry-After'), '300')
    assert.equal(register({ contacts: ['<sip:a@h>'] }).status, 200)
  })

  it('a Contact that is no SIP URI gets 400; headers in one are dropped', () => {
    const { register, uris } = setUp()
    assert.equal(register({ contacts: ['<tel:+61255501000>'] }).status, 400)
    register({ contacts: ['<sip:a@h?Replaces=x>'] })
    assert.deepEqual(uris(), ['sip:a@h'])
  })
})

describe('what is withdrawn ends at once', () => {
  const reasonsOf = (changes: readonly BindingChange[]) =>
    changes.flatMap((change) => (change.type === 'removed' ? [`${change.binding.aor} ${change.reason}`] : []))

  it('a line with another secret loses its contacts, and those of others stay', () => {
    const { register, registrar, marks, changes, uris } = setUp()
    register({ contacts: ['<sip:a@h>', '<sip:b@h>'] })
    register({ to: '102', callId: 'other' })
    registrar.withdraw()
    assert.deepEqual(reasonsOf(changes), [])
    marks.set('acme/101', 'another secret')
    registrar.withdraw()
    assert.deepEqual(uris(), [])
    assert.equal(uris('acme/102').length, 1)
    assert.deepEqual(reasonsOf(changes), ['acme/101 withdrawn', 'acme/101 withdrawn'])
  })

  it('a line that goes and comes back has no old contact', () => {
    const { register, registrar, marks, uris } = setUp()
    register()
    marks.delete('acme/101')
    registrar.withdraw()
    marks.set('acme/101', 's3cret-101')
    registrar.withdraw()
    assert.deepEqual(uris(), [])
  })

  it('also across a restart, and the store forgets it', () => {
    const before = setUp()
    before.register()
    before.register({ to: '102', callId: 'other' })
    const kept = ['acme/101', 'acme/102'].flatMap((aor) => before.registrar.contacts(aor))
    const after = setUp()
    after.marks.set('acme/101', 'another secret')
    after.registrar.restore(JSON.parse(JSON.stringify(kept)))
    assert.deepEqual(after.uris(), [])
    assert.equal(after.uris('acme/102').length, 1)
    assert.deepEqual(reasonsOf(after.changes), ['acme/101 withdrawn'])
    assert.equal(after.changes.length, 1, 'what is kept already is not written again')
  })

  it('what an older version kept gets the mark of the secret as it is', () => {
    const before = setUp()
    before.register()
    const kept = before.registrar.contacts('acme/101').map(({ secretMark: _none, ...binding }) => binding)
    const after = setUp()
    after.registrar.restore(kept)
    assert.equal(after.registrar.contacts('acme/101')[0]?.secretMark, 's3cret-101')
    assert.equal(after.changes[0]?.type, 'refreshed')
  })
})

describe('RFC 5626 section 6: instances', () => {
  it('a restarted phone replaces its old contact', () => {
    const { register, uris, registrar } = setUp()
    const instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";reg-id=1'
    register({ contacts: [`<sip:101@192.0.2.10:1111>;${instance}`], callId: 'first' })
    register({ contacts: [`<sip:101@192.0.2.10:2222>;${instance}`], callId: 'second' })
    assert.deepEqual(uris(), ['sip:101@192.0.2.10:2222'])
    assert.equal(registrar.contacts('acme/101')[0]?.instanceId, '<urn:uuid:00000000-0000-1000-8000-000a95a0e128>')
  })

  it('one that ends in a backslash leaves the list readable for the other phones of the line', () => {
    const { register } = setUp()
    register({ contacts: ['<sip:101@192.0.2.10:1111>;+sip.instance="<urn:x:\\\\"'], callId: 'first' })
    const response = register({ contacts: ['<sip:101@192.0.2.10:2222>'], callId: 'second' })
    assert.notEqual(response.contacts, '*')
    const listed = [...response.contacts].map((contact) => (typeof contact === 'string' ? contact : contact.uri))
    assert.deepEqual(listed.toSorted(), ['sip:101@192.0.2.10:1111', 'sip:101@192.0.2.10:2222'])
  })
})

describe('the flow that phones are registered over', () => {
  const watch = (limits: Partial<RegistrarLimits> = {}) => {
    const test = setUp(limits)
    const told: string[] = []
    test.registrar.onFlow = (flow, isUsed) => void told.push(`${flow} ${isUsed ? 'used' : 'free'}`)
    const from = (line: '101' | '102', flow: string, more: Partial<Register> = {}) =>
      test.register({ to: line, username: line, callId: line, source: { protocol: 'tcp', flow }, ...more })
    return { ...test, told, from }
  }

  it('is in use as long as one of them is left: a proxy brings many over one', () => {
    const { told, from } = watch()
    from('101', 'tcp:a:0')
    from('102', 'tcp:a:0')
    from('102', 'tcp:a:0')
    assert.deepEqual(told, ['tcp:a:0 used'])
    from('101', 'tcp:a:0', { headers: ['Expires: 0'] })
    assert.deepEqual(told, ['tcp:a:0 used'])
    from('102', 'tcp:a:0', { headers: ['Expires: 0'] })
    assert.deepEqual(told, ['tcp:a:0 used', 'tcp:a:0 free'])
  })

  it('is free when its phone has gone to another', () => {
    const { told, from } = watch()
    from('101', 'tcp:a:0')
    from('101', 'tcp:a:1')
    assert.deepEqual(told, ['tcp:a:0 used', 'tcp:a:1 used', 'tcp:a:0 free'])
  })

  it('is free when a newer contact has taken the place', () => {
    const { told, from } = watch({ contactsPerLine: 1 })
    from('101', 'tcp:a:0', { contacts: ['<sip:101@192.0.2.10:1>'] })
    from('101', 'tcp:a:1', { contacts: ['<sip:101@192.0.2.10:2>'], callId: 'second' })
    assert.deepEqual(told.toSorted(), ['tcp:a:0 free', 'tcp:a:0 used', 'tcp:a:1 used'])
  })

  it('is free when the registration has run out', async () => {
    const { told, from, clock } = watch()
    from('101', 'tcp:a:0', { headers: ['Expires: 60'] })
    await clock.advance(59_000)
    assert.deepEqual(told, ['tcp:a:0 used'])
    await clock.advance(11_000)
    assert.deepEqual(told, ['tcp:a:0 used', 'tcp:a:0 free'])
  })

  it('is free when the line has another secret: its phone is a stranger', () => {
    const { told, from, registrar, marks } = watch()
    from('101', 'tcp:a:0')
    marks.set('acme/101', 'another secret')
    registrar.withdraw()
    assert.deepEqual(told, ['tcp:a:0 used', 'tcp:a:0 free'])
  })

  it('asking what is registered holds nothing', () => {
    const { told, from } = watch()
    from('101', 'tcp:a:0')
    from('101', 'tcp:a:9', { contacts: [] })
    assert.deepEqual(told, ['tcp:a:0 used'])
  })
})

describe('where a contact is reached', () => {
  it('RFC 3581: a phone without rport and NAT, at the port of its Contact', () => {
    const { register, registrar, source } = setUp()
    register({
      via: 'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1',
      contacts: ['<sip:101@198.51.100.7:5062>'],
    })
    const { protocol, host, flow } = source
    const proven = { protocol, host, port: source.port, flow }
    // Only what the phone said: should that be a port of ours, the request goes to where the REGISTER came from.
    assert.deepEqual(registrar.contacts('acme/101')[0]?.destination, { ...proven, port: 5062, proven })
  })

  // Nothing in the clear goes to a port that speaks TLS, and no datagram to one that speaks TCP.
  for (const contact of [
    '<sips:101@198.51.100.7:5061>',
    '<sip:101@198.51.100.7:5061;transport=tls>',
    '<sip:101@198.51.100.7:5070;transport=TCP>',
    '<sip:101@198.51.100.7:5070;transport=ws>',
  ]) {
    it(`${contact} in a REGISTER by UDP: where that came from`, () => {
      const { register, registrar, source } = setUp()
      register({ via: 'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1', contacts: [contact] })
      const { protocol, host, port, flow } = source
      assert.deepEqual(registrar.contacts('acme/101')[0]?.destination, { protocol, host, port, flow })
    })
  }

  it('survives a restart', () => {
    const { register, registrar } = setUp()
    register()
    const kept = JSON.parse(JSON.stringify(registrar.contacts('acme/101')))
    const next = setUp()
    next.registrar.restore(kept)
    assert.deepEqual(next.registrar.contacts('acme/101'), registrar.contacts('acme/101'))
  })
})
