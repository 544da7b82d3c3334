import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callRequest, callTakenOver } from '../../../test/support/call-scene.ts'
import { projectCall } from '../../call/project-call.ts'
import { activeRows, endedCallRow, endedLegRows, type RowContext } from './call-rows.ts'

const request = callRequest({
  first: { target: { kind: 'line', value: '101' }, callerId: { name: 'John' } },
  second: { target: { kind: 'dial', value: '0412345678' } },
})
const course = callTakenOver('call-1', 1_790_000_000_000, request)
const context: RowContext = {
  session: { findAccount: () => undefined, nameOfParty: () => undefined },
  node: { number: 1, name: 'cordboard' },
}

/** The call has left the house, whoever took it over: a CRM finds its customer by the number. */
const outside = { direction: 'out', callerid_external: '+61412345678' }

test('a call whose outside party was let go for a line is an outgoing one, by leg and as a whole', () => {
  const call = projectCall(course)
  for (const row of [...endedLegRows(call, context), endedCallRow(call, context)]) {
    const { direction, callerid_external, callername_external } = row
    assert.deepEqual({ direction, callerid_external }, outside)
    assert.equal(callername_external, 'John')
  }
  const { dtype, dnumber } = endedCallRow(call, context)
  assert.deepEqual({ dtype, dnumber }, { dtype: 'phone', dnumber: '102' })
})

test('at every moment of it', () => {
  for (let length = 1; length <= course.length; length++) {
    for (const row of activeRows(projectCall(course.slice(0, length)), context)) {
      const { direction, callerid_external } = row as typeof outside
      assert.deepEqual({ direction, callerid_external }, outside, `after ${course[length - 1]?.type}`)
    }
  }
})
