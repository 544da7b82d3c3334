import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryStreams } from '../../../test/support/memory-streams.ts'
import { createRegistrarLines } from '../../../test/support/registrar-lines.ts'
import { createTestEngine } from '../../../test/support/test-engine.ts'
import { answerChallenge } from '../../sip/digest/digest-client.ts'

const realm = 'acme.example'
const passwords = { '101': 's3cret-101', '102': 's3cret-102' } as const
type Line = keyof typeof passwords

/** An engine that listens on TCP, and phones that register over connections to it. */
const setUp = async () => {
  const sockets = new MemoryStreams()
  const lines = createRegistrarLines(realm, passwords)
  const listen = [{ protocol: 'tcp', host: '192.0.2.1', port: 5060 } as const]
  const { clock, engine } = await createTestEngine([], { listen, sockets, lines })
  const connection = sockets.connect(40_000)
  let sequence = 0
  const ask = (line: Line, expires: number, authorization?: string): string => {
    const before = connection.written.length
    sequence++
    const head = [
      `REGISTER sip:${realm} SIP/2.0`,
      `Via: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK${sequence}`,
      'Max-Forwards: 70',
      `From: <sip:${line}@${realm}>;tag=x`,
      `To: <sip:${line}@${realm}>`,
      `Call-ID: ${line}`,
      `CSeq: ${sequence} REGISTER`,
      `Contact: <sip:${line}@192.0.2.2;transport=tcp>;expires=${expires}`,
      ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
      'Content-Length: 0',
    ]
    connection.push(`${head.join('\r\n')}\r\n\r\n`)
    return connection.written.slice(before)
  }
  const register = (line: Line, expires: number): void => {
    const challenges = [...ask(line, expires).matchAll(/^WWW-Authenticate: (.*)\r$/gm)].map(([, value]) => value ?? '')
    const identity = { username: line, password: passwords[line] }
    const request = { method: 'REGISTER', uri: `sip:${realm}`, body: Buffer.alloc(0) }
    const answer = answerChallenge({ ...request, ...identity, challenges, cnonce: `${sequence}`, nonceCount: 1 })
    assert.match(ask(line, expires, answer), /^SIP\/2.0 200 /)
  }
  return { clock, engine, lines, connection, ask, register }
}

describe('a connection over which phones have registered', () => {
  it('is held as long as a binding, and about a minute more', async () => {
    const { clock, engine, connection, register } = await setUp()
    register('101', 300)
    await clock.advance(355_000)
    assert.equal(connection.isDestroyed, false)
    await clock.advance(15_000)
    assert.equal(connection.isDestroyed, true)
    await engine.close()
  })

  it('is held for those who are left when one has said goodbye, for a proxy brings many over one', async () => {
    const { clock, engine, connection, register } = await setUp()
    register('101', 3600)
    register('102', 3600)
    register('101', 0)
    await clock.advance(1_200_000)
    assert.equal(connection.isDestroyed, false)
    register('102', 0)
    await clock.advance(60_001)
    assert.equal(connection.isDestroyed, true)
    await engine.close()
  })

  it('is held no longer when the line is withdrawn', async () => {
    const { clock, engine, lines, connection, register } = await setUp()
    register('101', 3600)
    lines.marks.delete('acme/101')
    engine.directoryChanged()
    await clock.advance(60_001)
    assert.equal(connection.isDestroyed, true)
    await engine.close()
  })

  it('is not held where the phone was challenged alone', async () => {
    const { clock, engine, connection, ask } = await setUp()
    assert.match(ask('101', 3600), /^SIP\/2.0 401 /)
    await clock.advance(59_999)
    assert.equal(connection.isDestroyed, false)
    await clock.advance(2)
    assert.equal(connection.isDestroyed, true)
    await engine.close()
  })
})
