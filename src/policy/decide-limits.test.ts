import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type CallUsage, decideLimits } from './decide-limits.ts'

const now = 1_000_000
const secondsAgo = (...ages: number[]): number[] => ages.map((age) => now - age * 1000)
const idle: CallUsage = { live: 0, placedAt: [] }

describe('limits of calls', () => {
  for (const [name, limits, usage, expected] of [
    ['nothing is limited', {}, { live: 1e6, placedAt: secondsAgo(1, 1, 1) }, 'allow'],
    ['the first call', { callsPerMinute: 1, simultaneousCalls: 1 }, idle, 'allow'],
    ['one below the limit', { simultaneousCalls: 3 }, { live: 2, placedAt: [] }, 'allow'],
    ['at the limit', { simultaneousCalls: 3 }, { live: 3, placedAt: [] }, 'simultaneousCalls 5'],
    ['above a limit that was lowered', { simultaneousCalls: 3 }, { live: 9, placedAt: [] }, 'simultaneousCalls 5'],
    ['two of three in a minute', { callsPerMinute: 3 }, { live: 2, placedAt: secondsAgo(59, 1) }, 'allow'],
    ['three of three', { callsPerMinute: 3 }, { live: 0, placedAt: secondsAgo(59, 2, 1) }, 'callsPerMinute 1'],
    ['three of three just now', { callsPerMinute: 3 }, { live: 0, placedAt: secondsAgo(0, 0, 0) }, 'callsPerMinute 60'],
    ['the oldest is a minute old', { callsPerMinute: 3 }, { live: 0, placedAt: secondsAgo(60, 2, 1) }, 'allow'],
    [
      'a lowered limit: several must go',
      { callsPerMinute: 1 },
      { live: 0, placedAt: secondsAgo(50, 20) },
      'callsPerMinute 40',
    ],
    [
      'live calls count first',
      { callsPerMinute: 1, simultaneousCalls: 1 },
      { live: 1, placedAt: secondsAgo(1) },
      'simultaneousCalls 5',
    ],
  ] as const) {
    test(`${name}: ${expected}`, () => {
      const decided = decideLimits(limits, usage, now)
      assert.equal(decided.decision === 'allow' ? 'allow' : `${decided.limit} ${decided.retryAfterSeconds}`, expected)
    })
  }

  test('whoever waits as long as he is told may call, and not a second earlier', () => {
    const usage = fc.array(fc.integer({ min: now - 59_999, max: now }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(usage, fc.integer({ min: 1, max: 20 }), (times, callsPerMinute) => {
        const placedAt = times.toSorted((one, other) => one - other)
        const decided = decideLimits({ callsPerMinute }, { live: 0, placedAt }, now)
        if (decided.decision === 'allow') return assert.ok(placedAt.length < callsPerMinute)
        const later = (seconds: number) =>
          decideLimits({ callsPerMinute }, { live: 0, placedAt }, now + seconds * 1000).decision
        assert.equal(later(decided.retryAfterSeconds), 'allow')
        assert.equal(later(decided.retryAfterSeconds - 1), 'deny')
      }),
    )
  })
})
