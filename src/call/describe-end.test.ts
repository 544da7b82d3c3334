import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeEnd } from './describe-end.ts'
import { endCauses } from './end-cause.ts'

describe('the advice for what a carrier refused, by its status', () => {
  for (const [status, advice] of [
    [302, /another address/],
    [401, /username and password/],
    [402, /credit/],
    [403, /caller id/],
    [407, /username and password/],
    [428, /verify the caller id/],
    [433, /anonymous/],
    [438, /verify the caller id/],
    [400, /its status and words/],
    [501, /its status and words/],
  ] as const) {
    test(`${status}: ${advice.source}`, () => {
      const entry = describeEnd('carrier-refused', status)
      assert.match(entry.advice, advice)
      assert.equal(entry.sipStatus, status)
      assert.equal(entry.retryable, false)
    })
  }

  test('of every other cause the catalogue says all', () => {
    assert.equal(describeEnd('busy', 486), endCauses.busy)
    assert.equal(describeEnd('carrier-refused'), endCauses['carrier-refused'])
  })
})
