import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cpuMilliseconds } from '../../test/support/cpu-milliseconds.ts'
import { parseLocalTime, renderLocalTime } from './local-time.ts'

describe('a time in the zone of an account', () => {
  for (const [text, zone, utc] of [
    ['2026-11-27', 'UTC', '2026-11-27T00:00:00Z'],
    ['2026-11-27 19:00:05', 'Australia/Sydney', '2026-11-27T08:00:05Z'],
    ['2026-06-01 12:00', 'Australia/Sydney', '2026-06-01T02:00:00Z'],
    ['2026-06-01T12:00:00', 'America/New_York', '2026-06-01T16:00:00Z'],
    ['1790000000', 'Australia/Sydney', '2026-09-21T14:13:20Z'],
    // Clocks go forward at 02:00: that hour is not there; and back at 03:00: that hour is there twice.
    ['2026-10-04 02:30:00', 'Australia/Sydney', '2026-10-03T16:30:00Z'],
    ['2026-04-05 02:30:00', 'Australia/Sydney', '2026-04-04T15:30:00Z'],
  ] as const) {
    it(`${text} in ${zone}`, () => assert.equal(parseLocalTime(text, zone), Date.parse(utc)))
  }
  for (const text of [
    '',
    'now',
    '2026-02-30',
    '2026-13-01',
    '27/11/2026',
    '2026-11-27 25:00',
    '-1',
    '1e9',
    '2026-11-27Z',
  ]) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parseLocalTime(text, 'UTC'), undefined))
  }
  it('is shown as clocks there show it', () => {
    assert.equal(renderLocalTime(1_790_000_000_000, 'Australia/Sydney'), '2026-09-22 00:13:20')
    assert.equal(renderLocalTime(1_790_000_000_000, 'America/New_York'), '2026-09-21 10:13:20')
    assert.equal(renderLocalTime(1_790_000_000_000, 'Australia/Sydney'), '2026-09-22 00:13:20')
  })
  it('is cheap: a list of calls has 10,000 of them, and other calls wait meanwhile', () => {
    const before = cpuMilliseconds()
    for (let n = 0; n < 10_000; n++) renderLocalTime(1_790_000_000_000 + n * 1000, 'Australia/Sydney')
    const spent = cpuMilliseconds() - before
    assert.ok(spent < 1000, `took ${spent} ms`)
  })
})
