import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import type { Sound } from '../peers/wav-file.ts'
import { holdsNothing, reaches } from '../support/call-progress.ts'
import { heardStory } from '../support/heard-story.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

for (const [holder, other] of [
  ['first', 'second'],
  ['second', 'first'],
] as const) {
  test(`the ${holder} phone holds the call and takes it back: the other hears music meanwhile, then both hear each other again`, async (t) => {
    if (!requirePeer(t, 'baresip')) return
    const server = await startTestServer(t)
    const start = (number: string, frequency: number) =>
      Baresip.start({ number, secret: `s3cret-${number}`, registrarPort: sipPort(server), frequency })
    const [first, second] = await Promise.all([start('101', 600), start('102', 900)])
    t.after(() => Promise.all([first.stop(), second.stop()]))
    await Promise.all([first.registers(), second.registers()])
    const { body } = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '102' } })
    await reaches(server, body.id, 'bridged')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const phone = holder === 'first' ? first : second
    await phone.command('hold')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const held = (await api(server, 'GET', `/v1/calls/${body.id}`)).body
    assert.deepEqual([held.state, held[other].held, held[holder].held], ['bridged', true, undefined])
    await phone.command('resume')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await first.command('hangup')
    const ended = await reaches(server, body.id, 'ended')
    assert.deepEqual([ended.end.cause, ended.endedBy], ['completed', 'first'])
    await holdsNothing(server)
    await Promise.all([first.stop(), second.stop()])
    const heldMedia = holder === 'first' ? ended.first.media : ended.second.media
    const otherMedia = holder === 'first' ? ended.second.media : ended.first.media
    assert.ok(
      heldMedia.packetsSent < otherMedia.packetsReceived - 50,
      `a phone that holds is sent nothing: ${heldMedia.packetsSent} of ${otherMedia.packetsReceived}`,
    )
    assert.ok(levelAtEnd(first.heard(), 900) > 0.8, 'the first hears the second again')
    const heard = heardStory((holder === 'first' ? second : first).heard(), tones)
    const sounds = heard.slice(heard.indexOf(holder)).filter((name) => name !== 'silence')
    // Music has its rests.
    const each = sounds.filter((name, index) => name !== sounds[index - 1])
    assert.deepEqual(each, [holder, 'other', holder], 'music in between')
    assert.ok(levelAtEnd(second.heard(), 600) > 0.8, 'the second hears the first again')
  })
}

const tones = { first: 600, second: 900 }

/** Of its last second. */
const levelAtEnd = ({ samples, rate }: Sound, frequency: number): number =>
  bestToneLevel(samples.subarray(-rate), rate, frequency)
