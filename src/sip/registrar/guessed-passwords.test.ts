import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRegistrarScene, realm } from '../../../test/support/registrar-scene.ts'
import { answerChallenge } from '../digest/digest-client.ts'
import type { SipResponse } from '../message/message.ts'

describe('guessing passwords', () => {
  const stranger = { source: { host: '203.0.113.9' }, callId: 'guess' }

  it('a challenge never counts, however many are asked for', () => {
    const { registrar, parse, source, register } = createRegistrarScene()
    const from = { ...source, host: '203.0.113.9' }
    for (let index = 0; index < 1000; index++) assert.equal(registrar.handle(parse({}, index), from).status, 401)
    assert.equal(register({ ...stranger }).status, 200)
  })

  it('2,000 guesses: refused, then slowed down with Retry-After, then the address is not heard', () => {
    const { register, uris } = createRegistrarScene()
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
      const { register } = createRegistrarScene()
      return Array.from({ length: 10 }, () => {
        const { status, reason, headers } = register({ ...stranger, to: number, username: number, password: 'wrong' })
        return `${status} ${reason} ${headers.get('Retry-After') ?? ''}`
      })
    }
    assert.deepEqual(ofLine('101'), ofLine('999'))
    assert.deepEqual(ofLine('101').slice(4, 6), ['403 Forbidden ', '503 Too Many Wrong Passwords 60'])
  })

  it('several passwords in one request are several guesses', () => {
    const { registrar, parse, source } = createRegistrarScene()
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
    const { register } = createRegistrarScene()
    assert.equal(register().status, 200)
    for (let index = 0; index < 200; index++) register({ callId: 'other', password: 'wrong' })
    assert.equal(register({ callId: 'other' }).status, 503)
    assert.equal(register().status, 200)
  })

  it('who has a line may not guess at another’s in the name of its own registration', () => {
    const { register } = createRegistrarScene()
    assert.equal(register().status, 200)
    const statuses = Array.from({ length: 200 }, () => register({ username: '102', password: 'wrong' }).status)
    assert.equal(statuses.filter((status) => status === 403).length, 5)
    assert.equal(statuses.filter((status) => status === 503).length, 195)
    assert.equal(register({ password: 'wrong' }).status, 403)
    assert.equal(register().status, 200, 'its own refresh is looked at all the same')
  })

  it('nobody of the same network gets a phone shut out by forging its address', () => {
    const { registrar, parse, source, register } = createRegistrarScene()
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
    const { register } = createRegistrarScene()
    const shape = ({ status, reason }: SipResponse) => `${status} ${reason}`
    const known = register({ to: '101', username: '102' })
    const unknown = register({ to: '999', username: '102' })
    assert.equal(shape(known), '403 Forbidden')
    assert.equal(shape(unknown), shape(known))
  })
})
