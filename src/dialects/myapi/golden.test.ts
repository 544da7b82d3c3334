import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { exchangeOctets } from '../../../test/support/exchange-octets.ts'
import { createHttpFront, type HttpFront } from '../../../test/support/http-front.ts'
import type { CallRequest } from '../../call/call-request.ts'
import type { Refusal } from '../../call/refusal.ts'

/** One request and its answer as they stand on the wire, without `Date` and `Connection`. */
interface Exchange {
  readonly name: string
  /** Which parameters and which cases of the contract it proves. */
  readonly rows: readonly string[]
  readonly request: string
  /** Why the server refuses the call. */
  readonly given?: Refusal
  readonly response: string
  /** The call that it places; none if absent. */
  readonly places?: CallRequest
}

const exchanges = JSON.parse(readFileSync(new URL('fixtures/exchanges.json', import.meta.url), 'utf8')) as Exchange[]

describe('exchanges, byte for byte', () => {
  let front: HttpFront
  let port: number
  before(async () => {
    front = await createHttpFront()
    await front.app.listen({ host: '127.0.0.1', port: 0 })
    port = (front.app.server.address() as { port: number }).port
  })
  after(() => front.app.close())

  for (const { name, request, given, response, places } of exchanges) {
    it(name, async () => {
      front.calls.placed.length = 0
      front.calls.refusal = given
      assert.equal(await exchangeOctets(port, request), response)
      assert.deepEqual(front.calls.placed, places === undefined ? [] : [places])
    })
  }

  it('every row of the contract has one', () => {
    const shown = new Set(exchanges.flatMap(({ rows }) => rows))
    const parameters = ['key', 'origin', 'destination', 'autoAnswer']
    const faults = ['key missing or unknown', 'key without the permission', 'a parameter missing or malformed']
    const refusals = [
      'origin not registered',
      'origin is no extension of this account',
      'destination barred or over a limit',
    ]
    for (const row of [...parameters, 'accepted', ...faults, 'unknown method', ...refusals]) {
      assert.ok(shown.has(row), row)
    }
  })
})
