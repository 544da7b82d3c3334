import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { type Log, silentLog } from '../log.ts'
import { GuessLog } from './guess-log.ts'

function open() {
  const lines: object[] = []
  const log: Log = { ...silentLog, warn: (fields, message) => void lines.push({ ...fields, message }) }
  const clock = new VirtualClock()
  return { clock, lines, guesses: new GuessLog(clock, log) }
}

test('the first wrong credential of an address is told at once, what follows once in ten seconds, with its number', async () => {
  const { clock, lines, guesses } = open()
  const from = '2001:db8::1'
  guesses.note({ credential: 'password', from, user: 'alice' })
  for (let n = 0; n < 500; n++) guesses.note({ credential: 'password', from: `2001:db8::${n}` })
  await clock.advance(10_000)
  guesses.note({ credential: 'key', from })
  const message = 'wrong credentials'
  assert.deepEqual(lines, [
    { address: from, credential: 'password', times: 1, user: 'alice', message },
    { address: from, credential: 'key', times: 501, message },
  ])
})

test('ten thousand addresses at once do not fill the disk', async () => {
  const { clock, lines, guesses } = open()
  const noteAll = () => {
    for (let n = 0; n < 10_000; n++) guesses.note({ credential: 'key', from: `10.0.${n >> 8}.${n & 255}` })
  }
  noteAll()
  assert.equal(lines.length, 50)
  await clock.advance(1000)
  noteAll()
  assert.equal(lines.length, 55)
})
