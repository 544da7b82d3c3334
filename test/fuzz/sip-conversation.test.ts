import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fuzzSipConversation } from './sip-conversation.fuzz.ts'

it('20,000 changed messages within calls and registrations: nothing is thrown, and nothing is left', async () => {
  const { sessions, transfers, holds } = await fuzzSipConversation(20_000, 3261)
  assert.ok(sessions > 100, `${sessions} sessions`)
  assert.ok(transfers > 0, `${transfers} transfers`)
  assert.ok(holds > 0, `${holds} holds`)
})
