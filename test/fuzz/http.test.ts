import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fuzzHttp } from './http.fuzz.ts'

const octetsAllowed = 16 * 1024 * 1024

it('5,000 mutated requests: no 5xx, no foreign shape, no hang, no growth', { timeout: 120_000 }, async () => {
  const { runs, growth } = await fuzzHttp(5_000, 20_260_101)
  assert.equal(runs, 5_000)
  assert.ok(growth < octetsAllowed, `the heap grew by ${growth} octets`)
})
