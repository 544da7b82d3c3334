import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { createHttpFront, frontRecords, type HttpFront } from '../../../test/support/http-front.ts'
import type { CallRequest } from '../../call/call-request.ts'
import type { EndCause } from '../../call/end-cause.ts'
import type { RefusalCode } from '../../call/refusal.ts'

type Happening = Parameters<HttpFront['calls']['happen']>[1]

/** One request and its answer, byte for byte; the requests were built and signed by PHP 8.2. */
interface Exchange {
  readonly group: string
  readonly name: string
  readonly given?: {
    /** What the server finds wrong with the canonical request. */
    readonly refused?: readonly { readonly code: RefusalCode; readonly pointer?: string; retryAfterSeconds?: number }[]
    /** What becomes of the first leg while the request waits. */
    readonly answers?: true
    readonly ends?: EndCause
    /** What has happened to a call with the external_id `asdf1234` before the request. */
    readonly happened?: readonly Happening[]
  }
  readonly request: {
    readonly method: 'GET' | 'POST' | 'PUT'
    readonly url: string
    readonly type?: string
    readonly authorization?: string
    readonly body?: string
  }
  readonly response: { readonly status: number; readonly retryAfter?: string; readonly body: string }
  /** The part of the canonical request that the exchange is about. */
  readonly places?: Partial<CallRequest>
}

const exchanges = JSON.parse(
  readFileSync(new URL('fixtures/exchanges.json', import.meta.url), 'utf8'),
) as readonly Exchange[]

let front: HttpFront
/** No user of this project has a line. */
const credentials = frontRecords.credentials.map(({ line, ...credential }) => credential)
beforeEach(async () => {
  front = await createHttpFront({ records: { ...frontRecords, credentials } })
})
afterEach(() => front.app.close())

for (const [group, rows] of Map.groupBy(exchanges, (exchange) => exchange.group)) {
  describe(group, () => {
    for (const row of rows) it(row.name, () => exchange(row))
  })
}

async function exchange({ given = {}, request, response, places }: Exchange): Promise<void> {
  const [refusal, ...otherRefusals] = (given.refused ?? []).map((refused) => ({ message: 'not shown', ...refused }))
  front.calls.refusal = refusal
  front.calls.otherRefusals = otherRefusals
  if (given.happened !== undefined) await callBefore(given.happened)
  const placedBefore = front.calls.placed.length
  const answering = front.app.inject({
    method: request.method,
    url: request.url,
    headers: {
      ...(request.type === undefined ? {} : { 'content-type': request.type }),
      ...(request.authorization === undefined ? {} : { authorization: request.authorization }),
    },
    ...(request.body === undefined ? {} : { payload: request.body }),
  })
  if (given.answers || given.ends !== undefined) await goOn(given)
  const answer = await answering
  assert.deepEqual({ status: answer.statusCode, body: answer.body }, { status: response.status, body: response.body })
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(answer.headers['retry-after'], response.retryAfter)
  const originated = answer.body.includes('successfully') || given.ends !== undefined
  assert.equal(front.calls.placed.length - placedBefore, originated ? 1 : 0)
  if (places !== undefined) assert.partialDeepStrictEqual(front.calls.placed.at(-1), places)
}

/** A call with the external_id that the queries ask for, and what has happened to it. */
async function callBefore(happened: readonly Happening[]): Promise<void> {
  const placed = await front.calls.place({
    account: 'acme',
    first: { target: { kind: 'user', value: 'alice' } },
    second: { target: { kind: 'dial', value: '0123456789' } },
    delaySeconds: 0,
    externalId: 'asdf1234',
    variables: {},
    origin: { dialect: 'while1', credential: 'alice@acme' },
  })
  assert.ok(placed.outcome === 'accepted')
  for (const event of happened) front.calls.happen(placed.call.id, event)
}

/** What becomes of the first leg, as soon as the request waits for it. */
async function goOn({ answers, ends }: NonNullable<Exchange['given']>): Promise<void> {
  while (front.calls.listenerCount === 0) await new Promise((resolve) => setImmediate(resolve))
  const { calls } = await front.calls.calls(['acme'], { limit: 1000 })
  const id = calls.at(-1)?.id ?? assert.fail('no call was placed')
  if (answers) front.calls.happen(id, { type: 'leg.answered', leg: 'first', recovery: { driver: 'fake', data: null } })
  else front.calls.happen(id, { type: 'call.ended', cause: ends ?? 'failed', endedBy: 'first' })
}
