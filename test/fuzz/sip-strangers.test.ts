import assert from 'node:assert/strict'
import { it } from 'node:test'
import { runSeed } from '../support/run-seed.ts'
import { fuzzSipStrangers } from './sip-strangers.fuzz.ts'

it('6,000 packets of strangers: each makes one leave at most, to its own host, 2.5 times as long at most; nothing is kept', async () => {
  const { answered } = await fuzzSipStrangers(6000, runSeed)
  assert.ok(answered > 1500, `${answered} were answered`)
})
