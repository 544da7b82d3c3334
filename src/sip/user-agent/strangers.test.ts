import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRegistrarLines } from '../../../test/support/registrar-lines.ts'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork } from '../../../test/support/test-agent.ts'
import { silentLog } from '../../log.ts'
import { DigestServer } from '../digest/digest-server.ts'
import { Registrar } from '../registrar/registrar.ts'

const server = { host: '127.0.0.1', port: 5060 }

/** A user agent with a registrar and no calls to take, and a stranger. */
const setUp = async () => {
  const test = createTestNetwork()
  const { clock, network, random } = test
  const { agent, transactions } = await test.createAgent(server.port)
  const digest = new DigestServer({ clock, random })
  const registrar = new Registrar({
    clock,
    log: silentLog,
    digest,
    lines: createRegistrarLines('acme.example', {}),
  })
  agent.onRegister = (request, source) => registrar.handle(request, source)
  const stranger = new ScriptedPeer(network, 6000)
  let asked = 0
  const ask = async (method: string, more: readonly string[] = [], to = '<sip:101@acme.example>') => {
    const before = network.sent.length
    const branch = `z9hG4bKstranger${asked++}`
    stranger.send(
      [
        `${method} sip:101@acme.example SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:6000;branch=${branch}`,
        'Max-Forwards: 70',
        'From: <sip:101@acme.example>;tag=stranger',
        `To: ${to}`,
        `Call-ID: ${branch}@stranger.example`,
        `CSeq: 1 ${method}`,
        'Contact: <sip:101@127.0.0.1:6000>',
        'User-Agent: friendly-scanner',
        ...more,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
      server,
    )
    await clock.advance(100_000)
    const [request, ...answers] = network.sent.slice(before)
    return answers.map(({ to: { port }, text }) => ({
      port,
      status: Number(text.slice(8, 11)),
      gain: Buffer.byteLength(text) / Buffer.byteLength(request?.text ?? ''),
    }))
  }
  const kept = () => {
    const { serverTransactions, timers } = transactions.counts()
    return { serverTransactions, timers, agent: agent.counts().timers, pending: clock.pending }
  }
  return { ...test, ask, kept }
}

const credentials =
  'Authorization: Digest username="101", realm="acme.example", nonce="0", uri="sip:acme.example", response="0"'

describe('what a stranger sends is answered once and forgotten', () => {
  const cases: readonly (readonly [what: string, method: string, status: number, more?: string[], to?: string])[] = [
    ['REGISTER without credentials', 'REGISTER', 401],
    ['REGISTER with credentials that are no good', 'REGISTER', 401, [credentials]],
    ['REGISTER with credentials that cannot be read', 'REGISTER', 401, ['Authorization: Digest ,,,']],
    ['REGISTER with a Contact that cannot be read', 'REGISTER', 400, ['Contact: <sip:x']],
    ['REGISTER within a dialog that is none', 'REGISTER', 481, [], '<sip:101@acme.example>;tag=x'],
    ['INVITE', 'INVITE', 480],
    ['INVITE within a dialog that is none', 'INVITE', 481, [], '<sip:101@acme.example>;tag=x'],
    ['OPTIONS', 'OPTIONS', 200],
    ['CANCEL', 'CANCEL', 481],
    ['BYE', 'BYE', 481],
    ['BYE within a dialog that is none', 'BYE', 481, [], '<sip:101@acme.example>;tag=x'],
    ['INFO', 'INFO', 481],
    ['PRACK', 'PRACK', 481],
    ['UPDATE', 'UPDATE', 481],
    ['SUBSCRIBE', 'SUBSCRIBE', 405],
    ['MESSAGE', 'MESSAGE', 405],
    ['PUBLISH', 'PUBLISH', 405],
    ['NOTIFY', 'NOTIFY', 481],
    ['REFER', 'REFER', 403],
    ['a method that nobody knows', 'HELLO', 501],
  ]
  for (const [what, method, status, more, to] of cases) {
    it(`${what}: ${status}, of no more than 2.5 times the length`, async () => {
      const { ask, kept } = await setUp()
      const answers = await ask(method, more, to)
      assert.deepEqual(
        answers.map((answer) => [answer.port, answer.status]),
        [[6000, status]],
      )
      assert.ok((answers[0]?.gain ?? 0) <= 2.5, `${answers[0]?.gain}`)
      assert.deepEqual(kept(), { serverTransactions: 0, timers: 0, agent: 0, pending: 0 })
    })
  }

  it('ACK: nothing', async () => {
    const { ask } = await setUp()
    assert.deepEqual(await ask('ACK'), [])
    assert.deepEqual(await ask('ACK', [], '<sip:101@acme.example>;tag=x'), [])
  })

  it('a request that is shorter than any phone’s is answered shortly, or not at all', async () => {
    const { clock, network } = await setUp()
    const stranger = new ScriptedPeer(network, 6001)
    for (const method of ['OPTIONS', 'REGISTER', 'INVITE', 'BYE', 'CANCEL', 'HELLO']) {
      const before = network.sent.length
      const request = `${method} sip:a SIP/2.0\r\nv:SIP/2.0/UDP a\r\nf:sip:a\r\nt:sip:a\r\ni:1\r\nCSeq:1 ${method}\r\n\r\n`
      stranger.send(request, server)
      await clock.advance(1000)
      const answers = network.sent.slice(before + 1)
      assert.ok(answers.length <= 1)
      for (const { text } of answers) assert.ok(text.length <= 2.5 * request.length, text)
    }
  })
})
