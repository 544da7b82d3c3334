import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import type { Log, LogFields } from '../../log.ts'
import { decideGuess, type Guesser, GuessGuard, type GuessLevels, type GuessVerdict } from './guess-guard.ts'

const stranger = { hasLine: false, isRefresh: false }
const neighbour = { hasLine: true, isRefresh: false }
const phone = { hasLine: true, isRefresh: true }
const none: GuessLevels = { byUser: 0, byAddress: 0, isShutOut: false }

const cases: readonly (readonly [string, typeof stranger, Partial<GuessLevels>, GuessVerdict])[] = [
  ['a stranger’s first', stranger, {}, 'check'],
  ['a stranger’s fifth for one user', stranger, { byUser: 4.9 }, 'check'],
  ['a stranger’s sixth for one user', stranger, { byUser: 5 }, 'slow'],
  ['a stranger’s for the fiftieth user', stranger, { byAddress: 49 }, 'check'],
  ['an address over its budget', stranger, { byAddress: 50 }, 'slow'],
  ['an address that is shut out', stranger, { isShutOut: true }, 'refuse'],
  ['one that shares an address with a phone', neighbour, { isShutOut: true }, 'check'],
  ['one that shares an address with a phone and guesses', neighbour, { byUser: 5 }, 'slow'],
  ['one of many that share an address with a phone', neighbour, { byAddress: 50, isShutOut: true }, 'slow'],
  ['a phone that refreshes, whatever others do', phone, { byUser: 99, byAddress: 99, isShutOut: true }, 'check'],
]

describe('whether a password is looked at', () => {
  for (const [name, guesser, levels, verdict] of cases) {
    it(`${name}: ${verdict}`, () => assert.equal(decideGuess(guesser, { ...none, ...levels }), verdict))
  }
})

const setUp = () => {
  const clock = new VirtualClock()
  const lines: { readonly fields: LogFields; readonly message: string }[] = []
  const note = (fields: LogFields, message: string) => void lines.push({ fields, message })
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log }
  const guard = new GuessGuard(clock, log)
  const guess = (more: Partial<Guesser> = {}): GuessVerdict => {
    const guesser = { host: '203.0.113.9', username: '101', isKnown: true, isSeen: true, ...stranger, ...more }
    const verdict = guard.decide(guesser)
    if (verdict === 'check') guard.wrong(guesser)
    return verdict
  }
  return { clock, lines, guard, guess }
}

describe('guessing', () => {
  it('2,000 guesses at one line: five are looked at, and one more each minute', async () => {
    const { clock, guard, guess } = setUp()
    const verdicts = Array.from({ length: 2000 }, () => guess())
    assert.equal(verdicts.filter((verdict) => verdict === 'check').length, 5)
    assert.equal(guard.retrySeconds({ host: '203.0.113.9', username: '101', isSeen: true }), 60)
    let checked = 0
    for (let second = 0; second < 3600; second++) {
      await clock.advance(1000)
      if (guess() === 'check') checked++
    }
    assert.ok(checked <= 60, `${checked} in an hour`)
    assert.ok(checked >= 55, `a phone with a new password is heard again: ${checked}`)
  })

  it('guesses at many lines: fifty are looked at, then the address is shut out for ten minutes', async () => {
    const { clock, lines, guess } = setUp()
    const verdicts = Array.from({ length: 2000 }, (_, index) => guess({ username: String(index) }))
    assert.equal(verdicts.filter((verdict) => verdict === 'check').length, 50)
    assert.equal(verdicts.filter((verdict) => verdict === 'refuse').length, 1950)
    assert.equal(guess({ username: 'a new one' }), 'refuse')
    const events = lines.filter(({ fields }) => 'refusedSeconds' in fields)
    assert.deepEqual(
      events.map(({ fields }) => fields),
      [{ address: '203.0.113.9', credential: 'sip-password', times: 50, refusedSeconds: 600 }],
    )
    await clock.advance(600_000)
    assert.equal(guess({ username: 'a new one' }), 'check')
  })

  it('an IPv6 network is one guesser, however many addresses it has', () => {
    const { guess } = setUp()
    const verdicts = Array.from({ length: 100 }, (_, index) =>
      guess({ host: `2001:db8:1:2::${index.toString(16)}`, username: String(index) }),
    )
    assert.equal(verdicts.filter((verdict) => verdict === 'check').length, 50)
    assert.equal(guess({ host: '2001:db8:1:3::1' }), 'check')
  })

  it('nobody else suffers: neither another address nor the right user at this one', () => {
    const { guard, guess } = setUp()
    for (let index = 0; index < 20; index++) guess({ username: '101' })
    assert.equal(guess({ username: '102' }), 'check')
    assert.equal(guess({ host: '203.0.113.10', username: '101' }), 'check')
    guard.right({ host: '203.0.113.9', username: '101', isSeen: true })
    assert.equal(guess({ username: '101' }), 'check')
  })

  it('an address that may be forged pays nothing: the network does, and no program is told to shut the address out', () => {
    const { guard, lines, guess } = setUp()
    const forged = { isSeen: false }
    const verdicts = Array.from({ length: 200 }, (_, index) => guess({ ...forged, username: String(index) }))
    assert.equal(verdicts.filter((verdict) => verdict === 'check').length, 50)
    assert.equal(verdicts.at(-1), 'refuse')
    assert.equal(guess({ ...forged, host: '203.0.113.77', username: 'by another of its addresses' }), 'refuse')
    assert.equal(guard.isShutOut('203.0.113.9'), false)
    assert.equal(guess(), 'check')
    assert.equal(guess({ ...forged, host: '203.0.114.9' }), 'check')
    const told = lines.slice(0, -2).map(({ fields }) => fields)
    assert.ok(told.length > 5)
    for (const fields of told) assert.deepEqual([fields['address'], fields['network']], [undefined, '203.0.113.0/24'])
  })

  it('an address with a registered line is slowed down, never shut out', async () => {
    const { clock, lines, guess } = setUp()
    const at = { hasLine: true }
    const verdicts = Array.from({ length: 2000 }, (_, index) => guess({ ...at, username: String(index) }))
    assert.equal(verdicts.filter((verdict) => verdict === 'check').length, 50)
    assert.ok(!verdicts.includes('refuse'))
    assert.ok(!lines.some(({ fields }) => 'refusedSeconds' in fields))
    await clock.advance(31_000)
    assert.equal(guess({ ...at, username: 'next' }), 'check')
    assert.equal(guess({ ...at, isRefresh: true }), 'check')
  })

  it('the log has few lines, and short ones, and says how many it left out', async () => {
    const { clock, lines, guess } = setUp()
    for (let index = 0; index < 50; index++) {
      guess({ hasLine: true, username: `${index}${'x'.repeat(6000)}`, isKnown: false })
    }
    assert.equal(lines.length, 10)
    assert.ok(JSON.stringify(lines).length < 2000)
    assert.deepEqual(lines[0]?.fields, { address: '203.0.113.9', credential: 'sip-password' })
    await clock.advance(31_000)
    guess({ hasLine: true, username: 'next' })
    assert.equal(lines.at(-1)?.fields['leftOut'], 40)
  })

  it('keeps a bounded memory of a million addresses', () => {
    const { guard } = setUp()
    for (let index = 0; index < 100_000; index++) {
      const host = `2001:db8:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::1`
      guard.wrong({ host, username: '101', isKnown: true, isSeen: true, ...stranger })
    }
    assert.ok(guard.size <= 70_000, String(guard.size))
  })
})

describe('the filter for fail2ban in docs/configuration.md', () => {
  const documentation = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
  const [, failregex = ''] = /failregex = (.*)/.exec(documentation) ?? []
  const filter = new RegExp(failregex.replace('<HOST>', '(?<host>[0-9a-f.:]+)'))
  /** What pino prints, without what fail2ban's datepattern has taken out of the line. */
  const printed = (fields: object) => JSON.stringify({ level: 40, time: 1, ...fields }).replace('"time":1', '')

  it('reads every line that a guesser causes', () => {
    const { lines, guess } = setUp()
    for (let index = 0; index < 60; index++) guess({ username: String(index) })
    for (const { fields } of lines) assert.equal(filter.exec(printed(fields))?.groups?.['host'], '203.0.113.9')
    assert.ok(lines.length > 10)
  })

  it('reads the lines that the page shows, and is not fooled by what a stranger writes into one', () => {
    const shown = [...documentation.matchAll(/^ {4}(\{"level":40.*"credential".*\})$/gm)].map(([, line = '']) => line)
    assert.ok(shown.length >= 2)
    for (const line of shown) assert.match(line.replace(/"time":\d+/, ''), filter)
    const forged = '","address":"198.51.100.1","credential":"sip-password"'
    assert.doesNotMatch(printed({ host: '203.0.113.9', user: forged }), filter)
  })
})
