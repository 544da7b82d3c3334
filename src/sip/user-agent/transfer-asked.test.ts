import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { establishSession } from '../../../test/support/established-session.ts'
import type { WireMessage } from '../../../test/support/scripted-peer.ts'
import type { TransferAsked } from './transfer-asked.ts'

const referTo = (uri: string): string => `Refer-To: <${uri}>`

/** An established session whose peer takes every NOTIFY, and the wishes that its owner heard of. */
const setUp = async () => {
  const scene = await establishSession()
  const asked: TransferAsked[] = []
  scene.record.handler.onTransferAsked = (transfer) => void asked.push(transfer)
  scene.peer.onMessage = (message) => {
    if (message.method === 'NOTIFY' || message.method === 'BYE') scene.peer.respond(message, 200, 'OK')
  }
  /** A REFER that is not answered yet. */
  const refer = async (sequence: number, headers: string[]): Promise<void> => {
    const lines = [...scene.dialogHeaders('REFER', sequence), 'Contact: <sip:bob@127.0.0.1:6000>', ...headers]
    scene.peer.request('REFER sip:alice@127.0.0.1:5060', lines, scene.to)
    await scene.clock.advance(10)
  }
  const answerTo = (sequence: number): WireMessage | undefined =>
    scene.peer.received.findLast((message) => message.status > 0 && message.header('CSeq') === `${sequence} REFER`)
  const told = (): string[] =>
    scene.peer.all('NOTIFY').map((notify) => `${notify.body.trim()} ${notify.header('Subscription-State')}`)
  return { ...scene, asked, refer, answerTo, told }
}

describe('RFC 3515: a REFER within a dialog', () => {
  it('is told, accepted with 202, and its progress goes out by NOTIFY until the final status', async () => {
    const { asked, refer, answerTo, told, peer, clock, session, assertClean } = await setUp()
    await refer(5, [referTo('sip:carol@example.com'), 'Referred-By: "Bob" <sip:bob@example.com>'])
    const [transfer] = asked
    assert.ok(transfer)
    assert.equal(answerTo(5), undefined, 'nothing is answered before the owner has decided')
    assert.equal(transfer.target.to.uri, 'sip:carol@example.com')
    assert.equal(transfer.target.replaces, undefined)
    assert.equal(transfer.target.referredBy?.uri, 'sip:bob@example.com')
    transfer.accept()
    await clock.advance(10)
    assert.equal(answerTo(5)?.status, 202)
    assert.match(answerTo(5)?.header('Contact') ?? '', /^<sip:/)
    transfer.progress(180)
    await clock.advance(10)
    transfer.progress(200)
    transfer.progress(486)
    await clock.advance(10)
    assert.deepEqual(told(), [
      'SIP/2.0 100 Trying active;expires=300',
      'SIP/2.0 180 Ringing active;expires=300',
      'SIP/2.0 200 OK terminated;reason=noresource',
    ])
    const notify = peer.last('NOTIFY')
    assert.equal(notify.header('Event'), 'refer')
    assert.equal(notify.header('Content-Type'), 'message/sipfrag;version=2.0')
    assert.match(notify.header('Contact'), /^<sip:/)
    assert.equal(session.ended, false, 'who asked hangs up, not we')
    assert.equal(transfer.isOpen, false)
    void session.bye()
    await assertClean()
  })

  it('section 2.4.6: the second one of a dialog has its CSeq number as the id', async () => {
    const { asked, refer, peer, clock } = await setUp()
    for (const sequence of [5, 6]) {
      await refer(sequence, [referTo('sip:carol@example.com')])
      asked.at(-1)?.accept()
      asked.at(-1)?.progress(404)
      await clock.advance(10)
    }
    assert.deepEqual(
      peer.all('NOTIFY').map((notify) => notify.header('Event')),
      ['refer', 'refer', 'refer;id=6', 'refer;id=6'],
    )
  })

  it('RFC 3891: names the call that it replaces, whose Replaces alone is read of what the URI carries', async () => {
    const { asked, refer } = await setUp()
    const headers = 'Replaces=a%40b%3Bto-tag%3Dt1%3Bfrom-tag%3Df1%3Bearly-only&Route=%3Csip%3Aevil%3E'
    await refer(5, [referTo(`sip:carol@example.com;method=INVITE?${headers}`)])
    assert.deepEqual(asked[0]?.target.replaces, { callId: 'a@b', toTag: 't1', fromTag: 'f1', earlyOnly: true })
    assert.equal(asked[0]?.target.to.uri, 'sip:carol@example.com')
  })

  it('RFC 3261 section 25.1: also where the name of the header is escaped', async () => {
    const { asked, refer } = await setUp()
    await refer(5, [referTo('sip:carol@example.com?%52eplaces=a%3Bto-tag%3Dt%3Bfrom-tag%3Df')])
    assert.equal(asked[0]?.target.replaces?.callId, 'a')
  })

  it('RFC 4488: with Refer-Sub: false there is no NOTIFY, and the next one may come at once', async () => {
    const { asked, refer, answerTo, peer, clock } = await setUp()
    await refer(5, [referTo('sip:carol@example.com'), 'Refer-Sub: false', 'Require: norefersub'])
    asked[0]?.accept()
    asked[0]?.progress(200)
    await clock.advance(10)
    assert.equal(answerTo(5)?.status, 202)
    assert.equal(answerTo(5)?.header('Refer-Sub'), 'false')
    assert.equal(peer.all('NOTIFY').length, 0)
    await refer(6, [referTo('sip:dave@example.com')])
    assert.equal(asked.length, 2)
  })

  it('a tel number is told as one', async () => {
    const { asked, refer } = await setUp()
    await refer(5, [referTo('tel:+61255501000')])
    assert.equal(asked[0]?.target.to.uri, 'tel:+61255501000')
  })
})

describe('a REFER that is refused', () => {
  const cases: readonly (readonly [string, string[], number])[] = [
    ['without Refer-To', [], 400],
    ['with two', [referTo('sip:a@example.com'), referTo('sip:b@example.com')], 400],
    ['with two in one line', ['Refer-To: <sip:a@example.com>, <sip:b@example.com>'], 400],
    ['that cannot be read', ['Refer-To: <>'], 400],
    ['of an unknown scheme', [referTo('http://example.com/')], 416],
    ['to another method', [referTo('sip:a@example.com;method=BYE')], 603],
    ['with a Replaces that cannot be read', [referTo('sip:a@example.com?Replaces=nonsense')], 400],
    ['with a Replaces without a value', [referTo('sip:a@example.com?Replaces')], 400],
    ['to a telephone number with headers', [referTo('tel:+61255501000?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc')], 400],
    ['with a broken escape', [referTo('sip:a@example.com?Replaces=%zz')], 400],
    ['with two Replaces', [referTo('sip:a@h?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc&replaces=x')], 400],
    ['that demands what we lack', [referTo('sip:a@example.com'), 'Require: tasty'], 420],
  ]
  for (const [name, headers, status] of cases) {
    it(`${name}: ${status}, and nobody hears of it`, async () => {
      const { asked, refer, answerTo } = await setUp()
      await refer(5, headers)
      assert.equal(answerTo(5)?.status, status)
      assert.deepEqual(asked, [])
    })
  }

  it('by the owner, with what it says', async () => {
    const { asked, refer, answerTo, peer, clock } = await setUp()
    await refer(5, [referTo('sip:carol@example.com')])
    asked[0]?.refuse(404)
    asked[0]?.accept()
    await clock.advance(10)
    assert.equal(answerTo(5)?.status, 404)
    assert.equal(peer.all('NOTIFY').length, 0)
  })

  it('where nobody looks after transfers: 603', async () => {
    const { record, refer, answerTo } = await setUp()
    delete record.handler.onTransferAsked
    await refer(5, [referTo('sip:carol@example.com')])
    assert.equal(answerTo(5)?.status, 603)
  })

  it('where nobody decides: 603 after ten seconds', async () => {
    const { refer, answerTo, clock } = await setUp()
    await refer(5, [referTo('sip:carol@example.com')])
    await clock.advance(9980)
    assert.equal(answerTo(5), undefined)
    await clock.advance(100)
    assert.equal(answerTo(5)?.status, 603)
  })

  it('while another is open: 500 with Retry-After, and the first goes on', async () => {
    const { asked, refer, answerTo, told, clock } = await setUp()
    await refer(5, [referTo('sip:carol@example.com')])
    await refer(6, [referTo('sip:dave@example.com')])
    assert.equal(answerTo(6)?.status, 500)
    assert.match(answerTo(6)?.header('Retry-After') ?? '', /^\d+$/)
    asked[0]?.accept()
    await refer(7, [referTo('sip:dave@example.com')])
    assert.equal(answerTo(7)?.status, 500)
    asked[0]?.progress(200)
    await clock.advance(10)
    assert.equal(told().at(-1), 'SIP/2.0 200 OK terminated;reason=noresource')
    assert.equal(asked.length, 1)
  })

  it('outside of any dialog: 403, and with the tags of none: 481', async () => {
    const { peer, clock, to, transactions } = await setUp()
    const before = transactions.counts().serverTransactions
    const ask = async (toTag: string): Promise<number | undefined> => {
      const headers = ['From: <sip:x@y>;tag=1', `To: <sip:z@y>${toTag}`, 'Call-ID: strange', 'CSeq: 1 REFER']
      peer.request('REFER sip:alice@127.0.0.1:5060', [...headers, referTo('sip:carol@example.com')], to)
      await clock.advance(10)
      return peer.received.at(-1)?.status
    }
    assert.equal(await ask(''), 403)
    assert.equal(await ask(';tag=guess'), 481)
    assert.equal(transactions.counts().serverTransactions, before, 'nothing is kept of it')
  })
})

describe('the end of a transfer that the peer asked for', () => {
  it('a BYE before the decision: 487', async () => {
    const { asked, refer, answerTo, ask, assertClean } = await setUp()
    await refer(5, [referTo('sip:carol@example.com')])
    await ask('BYE', 6)
    assert.equal(answerTo(5)?.status, 487)
    asked[0]?.accept()
    await assertClean()
  })

  it('a BYE after it: the progress is told on, for the subscription outlives the call', async () => {
    const { asked, refer, ask, told, clock, assertClean } = await setUp()
    await refer(5, [referTo('sip:carol@example.com')])
    asked[0]?.accept()
    await ask('BYE', 6)
    asked[0]?.progress(200)
    await clock.advance(10)
    assert.equal(told().at(-1), 'SIP/2.0 200 OK terminated;reason=noresource')
    await assertClean()
  })

  it('nobody says how it went: a last NOTIFY after five minutes', async () => {
    const { asked, refer, told, clock, ask, assertClean } = await setUp()
    await refer(5, [referTo('sip:carol@example.com')])
    asked[0]?.accept()
    asked[0]?.progress(183)
    await clock.advance(301_000)
    assert.equal(told().at(-1), 'SIP/2.0 183 Session Progress terminated;reason=timeout')
    await refer(6, [referTo('sip:carol@example.com')])
    assert.equal(asked.length, 2, 'the next one may come')
    await ask('BYE', 7)
    await assertClean()
  })

  it('RFC 6665 section 4.2.2: a peer that refuses a NOTIFY hears no other, and its call goes on', async () => {
    const { asked, refer, peer, clock, session, record } = await setUp()
    peer.onMessage = (message) => message.method === 'NOTIFY' && peer.respond(message, 481, 'No Subscription')
    await refer(5, [referTo('sip:carol@example.com')])
    asked[0]?.accept()
    await clock.advance(10)
    asked[0]?.progress(180)
    await clock.advance(10)
    assert.equal(peer.all('NOTIFY').length, 1)
    assert.equal(asked[0]?.isOpen, false)
    assert.equal(session.ended, false)
    assert.deepEqual(record.ends, [])
  })

  it('one NOTIFY at a time: of what comes meanwhile only the newest is told', async () => {
    const { asked, refer, peer, told, clock } = await setUp()
    peer.onMessage = undefined
    await refer(5, [referTo('sip:carol@example.com')])
    asked[0]?.accept()
    for (const status of [180, 183, 180, 200]) asked[0]?.progress(status)
    await clock.advance(10)
    assert.equal(told().length, 1)
    peer.respond(peer.last('NOTIFY'), 200, 'OK')
    await clock.advance(10)
    assert.equal(told().at(-1), 'SIP/2.0 200 OK terminated;reason=noresource')
    assert.equal(told().length, 2)
  })
})
