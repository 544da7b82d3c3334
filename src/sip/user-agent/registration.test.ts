import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRegistrarLines } from '../../../test/support/registrar-lines.ts'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork } from '../../../test/support/test-agent.ts'
import { silentLog } from '../../log.ts'
import { DigestServer } from '../digest/digest-server.ts'
import type { RegistrarLimits } from '../registrar/binding-updates.ts'
import { Registrar } from '../registrar/registrar.ts'
import type { RegistrationOptions, RegistrationState } from './registration.ts'

const realm = 'cordboard'

const options: RegistrationOptions = {
  aor: `sip:101@${realm}`,
  destination: { protocol: 'udp', host: '127.0.0.1', port: 5060 },
  credentials: { username: '101', password: 's3cret' },
}

/** A phone and a registrar, each with a user agent of its own. */
const setUp = async (wanted: Partial<RegistrationOptions> = {}, limits: Partial<RegistrarLimits> = {}) => {
  const test = createTestNetwork()
  const { clock, random } = test
  const registrar = new Registrar({
    clock,
    log: silentLog,
    digest: new DigestServer({ clock, random }),
    lines: createRegistrarLines(realm, { '101': 's3cret' }),
    limits,
  })
  const server = await test.createAgent(5060)
  server.agent.onRegister = (request, source) => registrar.handle(request, source)
  const phone = await test.createAgent(5062)
  const registration = phone.agent.registration({ ...options, ...wanted })
  const states: RegistrationState[] = []
  registration.onState = (state) => void states.push(state)
  return { ...test, registrar, registration, states }
}

describe('RFC 3261 section 10.2: constructing REGISTER requests', () => {
  it('registers through a challenge, refreshes before the end, and removes its contact', async () => {
    const { clock, registration, registrar, states, assertClean } = await setUp({ expiresSeconds: 600 })
    registration.start()
    await clock.advance(100)
    assert.deepEqual(states, [{ status: 'registering' }, { status: 'registered', expiresSeconds: 600 }])
    assert.equal(registrar.contacts('acme/101')[0]?.contactUri, 'sip:101@127.0.0.1:5062')
    await clock.advance(3_600_000)
    assert.equal(registrar.contacts('acme/101').length, 1)
    const stopped = registration.stop()
    await clock.advance(100)
    await stopped
    assert.equal(registrar.contacts('acme/101').length, 0)
    assert.equal(registration.state.status, 'unregistered')
    registrar.close()
    await assertClean()
  })

  it('section 10.2.8: an interval that is too brief is asked for again as the registrar wants it', async () => {
    const { clock, registration, states } = await setUp({ expiresSeconds: 30 }, { minimumExpiresSeconds: 90 })
    registration.start()
    await clock.advance(100)
    assert.deepEqual(states.at(-1), { status: 'registered', expiresSeconds: 90 })
  })

  it('a wrong password fails and is tried again at growing intervals', async () => {
    const { clock, registration, states } = await setUp({ credentials: { username: '101', password: 'wrong' } })
    registration.start()
    await clock.advance(20_000)
    const failures = states.filter((state) => state.status === 'failed')
    assert.deepEqual(
      failures.map(({ code, retrySeconds }) => [code, retrySeconds]),
      [
        [403, 5],
        [403, 10],
        [403, 20],
      ],
    )
  })

  it('comes back when the registrar does', async () => {
    const { clock, registration, registrar, network, states } = await setUp()
    network.faults = () => []
    registration.start()
    await clock.advance(33_000)
    assert.deepEqual(states.at(-1), { status: 'failed', code: 0, reason: 'timeout', retrySeconds: 5 })
    network.faults = () => [1]
    await clock.advance(6_000)
    assert.equal(registration.state.status, 'registered')
    assert.equal(registrar.contacts('acme/101').length, 1)
  })

  it('goes on where the registrar lists a contact that cannot be read', async () => {
    const { network, createAgent, clock } = createTestNetwork()
    const peer = new ScriptedPeer(network, 5060)
    peer.onMessage = (message) => peer.respond(message, 200, 'OK', { headers: ['Contact: <sip:x', 'Expires: 120'] })
    const { agent } = await createAgent(5062)
    const registration = agent.registration(options)
    registration.start()
    await clock.advance(10)
    assert.deepEqual(registration.state, { status: 'registered', expiresSeconds: 120 })
    await clock.advance(61_000)
    assert.equal(peer.all('REGISTER').length, 2)
  })

  it('section 10.2: one Call-ID for all, and stop waits for a REGISTER under way', async () => {
    const { network, createAgent, clock } = createTestNetwork()
    const peer = new ScriptedPeer(network, 5060)
    const { agent } = await createAgent(5062)
    const registration = agent.registration({ ...options, instanceId: 'urn:uuid:0' })
    registration.start()
    const stopped = registration.stop()
    await clock.advance(10)
    assert.equal(peer.all('REGISTER').length, 1)
    assert.match(peer.last('REGISTER').header('Contact'), /\+sip\.instance="<urn:uuid:0>";reg-id=1/)
    peer.respond(peer.last('REGISTER'), 200, 'OK')
    await clock.advance(10)
    const [first, second] = peer.all('REGISTER')
    assert.equal(second?.header('CSeq'), '2 REGISTER')
    assert.equal(second?.header('Call-ID'), first?.header('Call-ID'))
    assert.equal(second?.header('Expires'), '0')
    peer.respond(peer.last('REGISTER'), 200, 'OK')
    await clock.advance(10)
    await stopped
  })
})

describe('without a registrar', () => {
  it('section 8.2.1: REGISTER gets 405', async () => {
    const { network, createAgent, clock } = createTestNetwork()
    await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    peer.request(
      'REGISTER sip:example.com',
      ['From: <sip:a@b>;tag=1', 'To: <sip:a@b>', 'Call-ID: r', 'CSeq: 1 REGISTER', 'Contact: <sip:a@127.0.0.1:6000>'],
      { host: '127.0.0.1', port: 5060 },
    )
    await clock.advance(10)
    assert.equal(peer.received[0]?.status, 405)
  })
})
