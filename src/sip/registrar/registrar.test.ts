import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRegistrarScene } from '../../../test/support/registrar-scene.ts'
import type { SipResponse } from '../message/message.ts'

describe('RFC 3261 section 10.3: processing REGISTER requests', () => {
  it('steps 3 and 4: challenges, with SHA-256 first, and tells nobody which lines exist', () => {
    const { registrar, parse, source } = createRegistrarScene()
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
    const { register, registrar, changes, source } = createRegistrarScene()
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
    const { register, uris } = createRegistrarScene()
    const wrong = register({ password: 'wrong' })
    const unknown = register({ to: '999' })
    assert.equal(wrong.status, 403)
    assert.equal(unknown.status, 403)
    assert.equal(wrong.reason, unknown.reason)
    assert.deepEqual(uris(), [])
  })

  it('step 4: nobody registers for another line', () => {
    const { register, uris } = createRegistrarScene()
    assert.equal(register({ to: '101', username: '102' }).status, 403)
    assert.deepEqual(uris(), [])
  })

  it('step 2: an extension that we lack gets 420', () => {
    const { register } = createRegistrarScene()
    const response = register({ headers: ['Require: tasty'] })
    assert.equal(response.status, 420)
    assert.equal(response.headers.get('Unsupported'), 'tasty')
  })

  it('step 6: the wildcard removes everything, with Expires 0 only', () => {
    const { register, uris, changes } = createRegistrarScene()
    register({ contacts: ['<sip:a@192.0.2.10>', '<sip:b@192.0.2.11>'] })
    assert.equal(register({ contacts: ['*'] }).status, 400)
    assert.equal(uris().length, 2)
    assert.equal(register({ contacts: ['*'], headers: ['Expires: 0'] }).status, 200)
    assert.deepEqual(uris(), [])
    assert.equal(changes.filter((change) => change.type === 'removed').length, 2)
  })

  it('step 7: an interval below the minimum gets 423 with Min-Expires, one above the maximum is cut', () => {
    const { register } = createRegistrarScene()
    const brief = register({ headers: ['Expires: 30'] })
    assert.equal(brief.status, 423)
    assert.equal(brief.headers.get('Min-Expires'), '60')
    assert.match(register({ headers: ['Expires: 86400'] }).headers.get('Contact') ?? '', /expires=3600/)
  })

  it('step 7: the expires of a Contact goes before that of the request, and 0 removes', () => {
    const { register, uris } = createRegistrarScene()
    assert.match(
      register({ contacts: ['<sip:a@h>;expires=120'], headers: ['Expires: 600'] }).headers.get('Contact') ?? '',
      /=120/,
    )
    register({ contacts: ['<sip:a@h>;expires=0'] })
    assert.deepEqual(uris(), [])
  })

  it('step 7: within a Call-ID an older CSeq fails the whole update', async () => {
    const { register, challenge, uris, clock } = createRegistrarScene()
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
    const { register, challenge, uris, clock } = createRegistrarScene()
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
    const { register, uris } = createRegistrarScene()
    register({ contacts: ['<sip:low@h>;q=0.2', '<sip:high@h>;q=0.9'] })
    assert.deepEqual(uris(), ['sip:high@h', 'sip:low@h'])
    const listed = register({ contacts: [] }).headers.getAll('Contact')
    assert.equal(listed.length, 2)
  })

  it('forgets a contact when its time is over', async () => {
    const { register, uris, clock, changes, registrar } = createRegistrarScene()
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

describe('RFC 5626 section 6: instances', () => {
  it('a restarted phone replaces its old contact', () => {
    const { register, uris, registrar } = createRegistrarScene()
    const instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";reg-id=1'
    register({ contacts: [`<sip:101@192.0.2.10:1111>;${instance}`], callId: 'first' })
    register({ contacts: [`<sip:101@192.0.2.10:2222>;${instance}`], callId: 'second' })
    assert.deepEqual(uris(), ['sip:101@192.0.2.10:2222'])
    assert.equal(registrar.contacts('acme/101')[0]?.instanceId, '<urn:uuid:00000000-0000-1000-8000-000a95a0e128>')
  })

  it('one that ends in a backslash leaves the list readable for the other phones of the line', () => {
    const { register } = createRegistrarScene()
    register({ contacts: ['<sip:101@192.0.2.10:1111>;+sip.instance="<urn:x:\\\\"'], callId: 'first' })
    const response = register({ contacts: ['<sip:101@192.0.2.10:2222>'], callId: 'second' })
    assert.notEqual(response.contacts, '*')
    const listed = [...response.contacts].map((contact) => (typeof contact === 'string' ? contact : contact.uri))
    assert.deepEqual(listed.toSorted(), ['sip:101@192.0.2.10:1111', 'sip:101@192.0.2.10:2222'])
  })
})

describe('where a contact is reached', () => {
  it('RFC 3581: a phone without rport and NAT, at the port of its Contact', () => {
    const { register, registrar, source } = createRegistrarScene()
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
      const { register, registrar, source } = createRegistrarScene()
      register({ via: 'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1', contacts: [contact] })
      const { protocol, host, port, flow } = source
      assert.deepEqual(registrar.contacts('acme/101')[0]?.destination, { protocol, host, port, flow })
    })
  }

  it('survives a restart', () => {
    const { register, registrar } = createRegistrarScene()
    register()
    const kept = JSON.parse(JSON.stringify(registrar.contacts('acme/101')))
    const next = createRegistrarScene()
    next.registrar.restore(kept)
    assert.deepEqual(next.registrar.contacts('acme/101'), registrar.contacts('acme/101'))
  })
})
