import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { establishSession } from '../../../test/support/established-session.ts'
import type { ResponseParts } from '../../../test/support/scripted-peer.ts'

const target = { to: { uri: 'sip:carol@example.com', params: new Map() } }

const setUp = async () => {
  const scene = await establishSession()
  const progress: number[] = []
  const outcome = scene.session.refer(target, (status) => void progress.push(status))
  await scene.clock.advance(10)
  const answer = async (status: number, parts: ResponseParts = {}): Promise<void> => {
    scene.peer.respond(scene.peer.last('REFER'), status, 'Whatever', parts)
    await scene.clock.advance(10)
  }
  /** The status of the answer to a NOTIFY of the peer. */
  const notify = async (sequence: number, line: string, state = 'active', more: string[] = []): Promise<number> => {
    const headers = [
      ...(more.some((header) => header.startsWith('Event:')) ? [] : ['Event: refer']),
      `Subscription-State: ${state}`,
      ...(line === '' || more.some((header) => header.startsWith('Content-Type:'))
        ? []
        : ['Content-Type: message/sipfrag;version=2.0']),
      ...more,
    ]
    return (await scene.ask('NOTIFY', sequence, headers, line)).status
  }
  return { ...scene, progress, outcome, answer, notify }
}

describe('RFC 3515: a REFER of ours', () => {
  it('names the target, tells the progress, and ends with the final status', async () => {
    const { outcome, answer, notify, progress, peer, session } = await setUp()
    assert.equal(peer.last('REFER').header('Refer-To'), '<sip:carol@example.com>')
    assert.match(peer.last('REFER').header('Contact'), /^<sip:/)
    await answer(202)
    assert.equal(await notify(5, 'SIP/2.0 100 Trying\r\n'), 200)
    assert.equal(await notify(6, 'SIP/2.0 180 Ringing\r\n'), 200)
    assert.equal(await notify(7, 'SIP/2.0 200 OK\r\n', 'terminated;reason=noresource'), 200)
    assert.deepEqual(await outcome, { status: 'transferred', code: 200 })
    assert.deepEqual(progress, [100, 180])
    assert.equal(session.ended, false)
    assert.equal(await notify(8, 'SIP/2.0 200 OK\r\n'), 481, 'it is over')
  })

  it('a target that does not answer leaves the peer with us', async () => {
    const { outcome, answer, notify, session } = await setUp()
    await answer(202)
    await notify(5, 'SIP/2.0 486 Busy Here', 'terminated;reason=noresource')
    assert.deepEqual(await outcome, { status: 'failed', code: 486 })
    assert.equal(session.ended, false)
  })

  it('a NOTIFY that overtakes the 202 counts', async () => {
    const { outcome, answer, notify, assertClean, session, peer } = await setUp()
    assert.equal(await notify(5, 'SIP/2.0 200 OK', 'terminated;reason=noresource'), 200)
    await answer(202)
    assert.deepEqual(await outcome, { status: 'transferred', code: 200 })
    peer.onMessage = (message) => message.method === 'BYE' && peer.respond(message, 200, 'OK')
    void session.bye()
    await assertClean()
  })

  for (const [name, run, expected] of [
    ['refused', (scene) => scene.answer(603), { status: 'refused', code: 603 }],
    [
      'RFC 4488: not reported',
      (scene) => scene.answer(202, { headers: ['Refer-Sub: false'] }),
      { status: 'unreported' },
    ],
    [
      'subscription ended without a status',
      async (scene) => {
        await scene.answer(202)
        await scene.notify(5, '', 'terminated;reason=timeout')
      },
      { status: 'unreported' },
    ],
    [
      'nothing more for five minutes',
      async (scene) => {
        await scene.answer(202)
        await scene.clock.advance(300_100)
      },
      { status: 'unreported' },
    ],
    [
      'the peer hangs up',
      async (scene) => {
        await scene.answer(202)
        await scene.ask('BYE', 5)
      },
      { status: 'ended' },
    ],
    ['the dialog is unknown there', (scene) => scene.answer(481), { status: 'ended' }],
  ] as readonly (readonly [string, (scene: Awaited<ReturnType<typeof setUp>>) => Promise<void>, object])[]) {
    it(`${name}: ${JSON.stringify(expected)}`, async () => {
      const scene = await setUp()
      await run(scene)
      assert.deepEqual(await scene.outcome, expected)
      scene.peer.onMessage = (message) => message.method === 'BYE' && scene.peer.respond(message, 200, 'OK')
      void scene.session.bye()
      await scene.assertClean()
    })
  }

  it('one at a time', async () => {
    const { session, peer } = await setUp()
    assert.deepEqual(await session.refer(target), { status: 'refused', code: 491 })
    assert.equal(peer.all('REFER').length, 1)
  })

  it('RFC 3891 and 3892: names the call that it takes the place of, and who asks for it', async () => {
    const { session, peer, clock } = await establishSession()
    const replaces = { callId: 'a@b', toTag: 't1', fromTag: '', earlyOnly: false }
    void session.refer({ ...target, replaces, referredBy: { uri: 'sip:us@example.com', params: new Map() } })
    await clock.advance(10)
    const escaped = 'a%40b%3Bto-tag%3Dt1%3Bfrom-tag%3D0'
    assert.equal(peer.last('REFER').header('Refer-To'), `<sip:carol@example.com?Replaces=${escaped}>`)
    assert.equal(peer.last('REFER').header('Referred-By'), '<sip:us@example.com>')
  })
})

describe('a NOTIFY within a dialog', () => {
  it('for no subscription of ours gets 481, for another event 489', async () => {
    const { ask } = await establishSession()
    assert.equal((await ask('NOTIFY', 5, ['Event: refer', 'Subscription-State: active'])).status, 481)
    const other = await ask('NOTIFY', 6, ['Event: talk', 'Subscription-State: active'])
    assert.equal(other.status, 489)
    assert.equal(other.header('Allow-Events'), 'refer')
  })

  it('that cannot be read is refused, and changes nothing', async () => {
    const { answer, notify, outcome } = await setUp()
    await answer(202)
    assert.equal(await notify(5, 'hello'), 400)
    assert.equal(await notify(6, 'SIP/2.0 200 OK', 'active', ['Content-Type: text/plain']), 415)
    assert.equal(await notify(7, 'SIP/2.0 200 OK', 'active', ['Event: refer;id=77']), 481)
    assert.equal(await notify(8, 'SIP/2.0 200 OK', 'active', ['Event: refer;id=2']), 200)
    assert.deepEqual(await outcome, { status: 'transferred', code: 200 })
  })
})
