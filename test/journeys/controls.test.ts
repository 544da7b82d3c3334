import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { temporaryDirectory } from '../peers/temporary-directory.ts'
import { createTone, writeWav } from '../peers/wav-file.ts'
import { eventTypes, holdsNothing, reaches } from '../support/call-progress.ts'
import { heardStory } from '../support/heard-story.ts'
import { requirePeer } from '../support/peers.ts'
import { api, configText, sipPort, startTestServer } from '../support/test-server.ts'

/** Hertz of what each speaks, and of the account's own music and clip. */
const tones = { first: 600, second: 900, music: 1300, clip: 1700 }

const waits = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

test('hold, mute, a clip and digits by request: what each phone hears before, during and after', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const folder = temporaryDirectory('sounds-')
  for (const name of ['music', 'clip'] as const) {
    writeFileSync(join(folder, `${name}.wav`), writeWav(createTone(tones[name], 1)))
  }
  const sounds = `    music: [{ name: tone, file: "${folder}/music.wav" }]\n    clips: [{ name: tone, file: "${folder}/clip.wav" }]`
  const server = await startTestServer(t, '', configText.replace('    country: AU', `    country: AU\n${sounds}`))
  const start = (number: string, frequency: number) =>
    Baresip.start({ number, secret: `s3cret-${number}`, registrarPort: sipPort(server), frequency, codecs: ['PCMA'] })
  const [first, second] = await Promise.all([start('101', tones.first), start('102', tones.second)])
  t.after(() => Promise.all([first.stop(), second.stop()]))
  await Promise.all([first.registers(), second.registers()])
  const { body } = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '102' } })
  await reaches(server, body.id, 'bridged')
  await waits(1000)
  const act = async (action: string, leg: string, more = {}) => {
    const answer = await api(server, 'POST', `/v1/calls/${body.id}/actions`, { action, leg, ...more })
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
    await waits(1000)
    return answer.body
  }
  assert.equal((await act('hold', 'first')).first.held, true)
  assert.equal('held' in (await act('resume', 'first')).first, false)
  assert.equal((await act('mute', 'second')).second.muted, true)
  await act('unmute', 'second')
  await act('play', 'first', { clip: 'tone' })
  await waits(1000)
  await act('send-digits', 'second', { digits: '12w3#' })
  await waits(2000)
  await act('hold', 'second')
  await first.command('hangup')
  const ended = await reaches(server, body.id, 'ended')
  assert.deepEqual([ended.end.cause, ended.endedBy], ['completed', 'first'])
  await holdsNothing(server)
  await Promise.all([first.stop(), second.stop()])

  const heardByFirst = heardStory(first.heard(), tones)
  assert.deepEqual(heardByFirst.slice(heardByFirst.indexOf('second')), [
    ...['second', 'music', 'second', 'silence', 'second', 'clip', 'second', 'silence'],
  ])
  const heardBySecond = heardStory(second.heard(), tones)
  assert.deepEqual(heardBySecond.slice(heardBySecond.indexOf('first')), ['first', 'silence', 'first', 'music'])
  const keys = Array.from(second.output.matchAll(/received event: '(.)' \(end=1\)/g), ([, key]) => key)
  assert.equal(keys.join(''), '123#')
  assert.deepEqual((await eventTypes(server, body.id)).slice(-9), [
    ...['leg.held first', 'leg.resumed first', 'leg.muted second', 'leg.unmuted second', 'leg.held second'],
    ...['leg.ended first', 'call.ending', 'leg.ended second', 'call.ended'],
  ])
})
