import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Baresip, type BaresipOptions } from '../peers/baresip.ts'
import { holdsNothing, reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

type Codec = NonNullable<BaresipOptions['codec']>

test('codecs: what two phones share is passed on, A-law and µ-law are converted, and without a way the call ends', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const server = await startTestServer(t)

  /** Phones that speak one codec each, registered. */
  async function startPhones(t: TestContext, firstCodec: Codec, secondCodec: Codec) {
    const start = (number: string, codec: Codec, frequency: number) =>
      Baresip.start({ number, secret: `s3cret-${number}`, registrarPort: sipPort(server), frequency, codec })
    const phones = await Promise.all([start('101', firstCodec, 600), start('102', secondCodec, 900)])
    t.after(() => Promise.all(phones.map((phone) => phone.stop())))
    await Promise.all(phones.map((phone) => phone.registers()))
    return phones
  }
  const place = async (): Promise<string> =>
    (await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '102' } })).body.id

  for (const [firstCodec, secondCodec] of [
    ['PCMA', 'PCMU'],
    ['G722', 'G722'],
  ] as const) {
    await t.test(`${firstCodec} and ${secondCodec}: both hear each other`, async (t) => {
      const [first, second] = await startPhones(t, firstCodec, secondCodec)
      const id = await place()
      await reaches(server, id, 'bridged')
      await new Promise((resolve) => setTimeout(resolve, 1500))
      await first.command('hangup')
      const ended = await reaches(server, id, 'ended')
      assert.deepEqual([ended.first.media.codec, ended.second.media.codec], [firstCodec, secondCodec])
      await holdsNothing(server)
      await Promise.all([first.stop(), second.stop()])
      const [atFirst, atSecond] = [first.heard(), second.heard()]
      assert.ok(bestToneLevel(atFirst.samples, atFirst.rate, 900) > 0.8, 'the first hears the second')
      assert.ok(bestToneLevel(atSecond.samples, atSecond.rate, 600) > 0.8, 'the second hears the first')
    })
  }

  for (const [firstCodec, secondCodec] of [
    ['G722', 'PCMU'],
    ['PCMA', 'G722'],
  ] as const) {
    await t.test(`${firstCodec} and ${secondCodec}: the second phone refuses, and the first is let go`, async (t) => {
      const [first, second] = await startPhones(t, firstCodec, secondCodec)
      const ended = await reaches(server, await place(), 'ended')
      assert.deepEqual([ended.end.cause, ended.endedBy], ['media-failed', 'second'])
      await first.sees(/session closed/)
      assert.doesNotMatch(second.output, /Call established/)
      await holdsNothing(server)
    })
  }
})
