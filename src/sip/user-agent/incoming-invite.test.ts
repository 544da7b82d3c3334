import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork } from '../../../test/support/test-agent.ts'
import type { IncomingInvite } from './incoming-invite.ts'

const to = { host: '127.0.0.1', port: 5060 }
const answer = { type: 'application/sdp', content: 'answer' }

const setUp = async () => {
  const test = createTestNetwork()
  const { agent } = await test.createAgent(5060)
  const peer = new ScriptedPeer(test.network, 6000)
  const invites: IncomingInvite[] = []
  agent.onInvite = (invite) => void invites.push(invite)
  const call = async (headers: string[] = [], via = 'z9hG4bKinvite', uri = 'sip:bob@127.0.0.1:5060') => {
    peer.request(
      `INVITE ${uri}`,
      [
        `Via: SIP/2.0/UDP 127.0.0.1:6000;branch=${via};rport`,
        'From: <sip:alice@example.com>;tag=caller',
        'To: <sip:bob@example.com>',
        'Call-ID: incoming',
        'CSeq: 1 INVITE',
        'Contact: <sip:alice@127.0.0.1:6000>',
        ...headers,
      ],
      to,
      'offer',
    )
    await test.clock.advance(10)
  }
  /** A request of the caller within the INVITE's transaction (CANCEL) or its dialog. */
  const follow = async (method: string, sequence: number, toTag: string, headers: string[] = []) => {
    const via = method === 'CANCEL' ? ['Via: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bKinvite;rport'] : []
    const tag = toTag === '' ? '' : `;tag=${toTag}`
    peer.request(
      `${method} sip:bob@127.0.0.1:5060`,
      [
        ...via,
        'From: <sip:alice@example.com>;tag=caller',
        `To: <sip:bob@example.com>${tag}`,
        'Call-ID: incoming',
        `CSeq: ${sequence} ${method}`,
        ...headers,
      ],
      to,
    )
    await test.clock.advance(10)
  }
  const statuses = (method: string): number[] =>
    peer.received.filter((message) => message.header('CSeq').endsWith(method)).map((message) => message.status)
  return { ...test, agent, peer, invites, call, follow, statuses }
}

describe('RFC 3261 section 13.3: being invited', () => {
  it('rings, accepts, repeats the 200 until the ACK, and is hung up', async () => {
    const { clock, invites, call, follow, peer, statuses, assertClean } = await setUp()
    await call(['Record-Route: <sip:proxy.example.com;lr>'])
    const [invite] = invites
    assert.ok(invite)
    invite.ring()
    const ends: string[] = []
    let acknowledged = 0
    invite.onAcknowledged = () => acknowledged++
    invite.accept(answer, [], { onEnded: (end) => ends.push(end) })
    await clock.advance(600)
    assert.deepEqual(statuses('INVITE'), [180, 200, 200])
    const ok = peer.received.at(-1)
    assert.equal(ok?.header('Record-Route'), '<sip:proxy.example.com;lr>')
    assert.match(ok?.header('Contact') ?? '', /sip:bob@127\.0\.0\.1:5060/)
    await follow('ACK', 1, invite.dialog.localTag)
    assert.equal(acknowledged, 1)
    await follow('BYE', 2, invite.dialog.localTag)
    assert.deepEqual(statuses('BYE'), [200])
    assert.deepEqual(ends, ['remote'])
    await assertClean()
  })

  it('section 13.3.1.4: a 200 that is never acknowledged ends with BYE after 64·T1', async () => {
    const { clock, invites, call, peer, assertClean } = await setUp()
    peer.onMessage = (message) => message.method === 'BYE' && peer.respond(message, 200, 'OK')
    await call()
    const ends: string[] = []
    invites[0]?.accept(answer, [], { onEnded: (end) => ends.push(end) })
    await clock.advance(32_100)
    assert.deepEqual(ends, ['lost'])
    assert.equal(peer.all('BYE').length, 1)
    await assertClean()
  })

  it('section 15: our BYE waits for the ACK of our 200', async () => {
    const { clock, invites, call, follow, peer, assertClean } = await setUp()
    await call()
    const session = invites[0]?.accept(answer)
    void session?.bye()
    await clock.advance(100)
    assert.equal(peer.all('BYE').length, 0)
    await follow('ACK', 1, invites[0]?.dialog.localTag ?? '')
    assert.equal(peer.all('BYE').length, 1)
    peer.respond(peer.last('BYE'), 200, 'OK')
    await clock.advance(10)
    await assertClean()
  })

  it('section 9.2: a CANCEL ends the ringing with 487', async () => {
    const { invites, call, follow, statuses, assertClean } = await setUp()
    await call()
    let cancelled = 0
    const [invite] = invites
    assert.ok(invite)
    invite.onCancelled = () => cancelled++
    invite.ring()
    await follow('CANCEL', 1, '')
    assert.deepEqual(statuses('CANCEL'), [200])
    assert.deepEqual(statuses('INVITE').slice(0, 2), [180, 487])
    assert.equal(cancelled, 1)
    assert.equal(invite.accept(answer), undefined)
    await assertClean()
  })

  it('section 15.1.2: a BYE in the early dialog does the same', async () => {
    const { invites, call, follow, statuses, assertClean } = await setUp()
    await call()
    invites[0]?.ring()
    await follow('BYE', 2, invites[0]?.dialog.localTag ?? '')
    assert.deepEqual(statuses('BYE'), [200])
    assert.equal(statuses('INVITE')[1], 487)
    await assertClean()
  })

  it('section 9.2: a CANCEL after the 200 changes nothing', async () => {
    const { invites, call, follow, statuses } = await setUp()
    await call()
    const session = invites[0]?.accept(answer)
    await follow('CANCEL', 1, '')
    assert.deepEqual(statuses('CANCEL'), [200])
    assert.equal(session?.ended, false)
  })

  it('rejects with what its owner says', async () => {
    const { invites, call, statuses, assertClean } = await setUp()
    await call()
    invites[0]?.reject(486, 'Busy Here')
    invites[0]?.reject(603)
    await assertClean()
    assert.deepEqual(new Set(statuses('INVITE')), new Set([486]))
  })

  it('section 8.2.2.2: a copy that came by another way gets 482', async () => {
    const { call, statuses } = await setUp()
    await call()
    await call([], 'z9hG4bKother')
    assert.deepEqual(statuses('INVITE'), [482])
  })

  for (const [title, headers, status] of [
    ['an unknown extension', ['Require: tasty'], 420],
    ['a body that is no SDP', ['Content-Type: text/plain'], 415],
  ] as const) {
    it(`section 8.2: ${title} gets ${status}`, async () => {
      const { call, statuses, invites } = await setUp()
      await call([...headers])
      assert.deepEqual(statuses('INVITE'), [status])
      assert.equal(invites.length, 0)
    })
  }

  it('section 25.1: whatever the user is called, our Contact names it', async () => {
    const { call, invites } = await setUp()
    await call([], 'z9hG4bKemoji', 'sip:%F0%9F%98%80@127.0.0.1:5060')
    assert.equal(invites[0]?.dialog.localContact, '<sip:%F0%9F%98%80@127.0.0.1:5060>')
  })

  it('section 8.2.2.1: another URI scheme gets 416', async () => {
    const { call, statuses } = await setUp()
    await call([], 'z9hG4bKtel', 'tel:+61255501000')
    assert.deepEqual(statuses('INVITE'), [416])
  })
})

describe('RFC 3261 section 8.2.7: an INVITE that is refused at once', () => {
  it('leaves no state and no repetition behind, and gets the same response again', async () => {
    const { clock, network, createAgent } = createTestNetwork()
    const { transactions } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const invite = () =>
      peer.request(
        'INVITE sip:bob@127.0.0.1:5060',
        [
          'Via: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bKscan;rport',
          'From: <sip:scan@example.com>;tag=scan',
          'To: <sip:100@example.com>',
          'Call-ID: scan',
          'CSeq: 1 INVITE',
          'Contact: <sip:scan@127.0.0.1:6000>',
        ],
        to,
      )
    invite()
    await clock.advance(10)
    assert.equal(transactions.counts().serverTransactions, 0)
    await clock.advance(20_000)
    assert.deepEqual(peer.heard, ['480'])
    invite()
    await clock.advance(10)
    assert.deepEqual(peer.heard, ['480', '480'])
    assert.equal(peer.received[1]?.text, peer.received[0]?.text)
  })
})

describe('RFC 3262 section 3: reliable provisional responses that a caller demands', () => {
  it('repeats each until its PRACK, one after the other', async () => {
    const { clock, invites, call, follow, peer, statuses, assertClean } = await setUp()
    await call(['Require: 100rel'])
    const [invite] = invites
    assert.ok(invite)
    invite.ring()
    invite.progress(answer)
    await clock.advance(600)
    assert.deepEqual(statuses('INVITE'), [180, 180])
    const rseq = Number(peer.received.at(-1)?.header('RSeq'))
    await follow('PRACK', 2, invite.dialog.localTag, [`RAck: ${rseq} 1 INVITE`])
    assert.deepEqual(statuses('PRACK'), [200])
    assert.deepEqual(statuses('INVITE'), [180, 180, 183])
    assert.equal(peer.received.findLast((message) => message.status === 183)?.header('RSeq'), String(rseq + 1))
    await follow('PRACK', 3, invite.dialog.localTag, ['RAck: 1 1 INVITE'])
    assert.deepEqual(statuses('PRACK'), [200, 481])
    await follow('PRACK', 4, invite.dialog.localTag, [`RAck: ${rseq + 1} 1 INVITE`])
    invite.reject(480)
    await assertClean()
  })

  it('takes a PRACK that crossed the 200, and repeats the response no longer', async () => {
    const { clock, invites, call, follow, peer, statuses } = await setUp()
    await call(['Require: 100rel'])
    const [invite] = invites
    assert.ok(invite)
    invite.ring()
    await clock.advance(10)
    invite.accept(answer)
    await clock.advance(10)
    const rseq = peer.received.find((message) => message.status === 180)?.header('RSeq')
    await follow('PRACK', 2, invite.dialog.localTag, [`RAck: ${rseq} 1 INVITE`])
    assert.deepEqual(statuses('PRACK'), [200])
    await clock.advance(1000)
    assert.equal(statuses('INVITE').filter((status) => status === 180).length, 1)
  })

  it('fails the INVITE after 64·T1 without a PRACK', async () => {
    const { clock, invites, call, statuses, assertClean } = await setUp()
    await call(['Require: 100rel'])
    invites[0]?.ring()
    await clock.advance(32_100)
    assert.ok(statuses('INVITE').includes(504))
    await assertClean()
  })
})
