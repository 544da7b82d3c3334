import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryMedia } from '../../test/support/memory-media.ts'
import { createTestNetwork, recordInvite, testInvite } from '../../test/support/test-agent.ts'
import { behave } from './demo-phone.ts'

describe('a demo phone', () => {
  it('says that it is unavailable where no media port is free', async () => {
    const { clock, createAgent, assertClean } = createTestNetwork()
    const media = new MemoryMedia(clock)
    media.isFull = true
    const { agent: phone } = await createAgent(6000)
    phone.onInvite = (invite) =>
      behave(invite, { kind: 'answer', afterMilliseconds: 1000 }, { media, clock, frequency: 500 })
    const { agent } = await createAgent(5060)
    const record = recordInvite()
    agent.invite(testInvite(6000), record.handler)
    await clock.advance(2000)
    assert.deepEqual(record.provisional, [180])
    assert.equal(record.failure?.status, 503)
    await assertClean()
  })
})
