import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CallFilter } from '../../access/api-session.ts'
import type { Call } from '../../call/call.ts'
import { projectCall } from '../../call/project-call.ts'
import type { AskedRequest } from './api-function.ts'
import { listCdrs } from './list-calls.ts'
import { ParameterReader } from './parameter-reader.ts'

const recovery = { driver: 'fake', data: null }

/** Ended calls, of which every third was cancelled before anybody was rung. */
const calls: readonly Call[] = Array.from({ length: 6001 }, (_, n) => {
  const callId = `call-${n}`
  const at = 1_790_000_000_000 + n * 1000
  const leg = (value: string) => ({ target: { kind: 'line', value } }) as const
  const request = { account: 'acme', first: leg('101'), second: leg('102'), delaySeconds: 0, variables: {} }
  const origin = { dialect: 'enswitch', credential: 'alice@acme' }
  const destinations = { first: { kind: 'line', number: '101' }, second: { kind: 'line', number: '102' } } as const
  return projectCall([
    { type: 'call.accepted', callId, at, request: { ...request, origin }, destinations },
    ...(n % 3 === 0
      ? []
      : [
          { type: 'leg.dialled', callId, at, leg: 'first', recovery } as const,
          { type: 'leg.ended', callId, at, leg: 'first', cause: 'busy' } as const,
        ]),
    { type: 'call.ended', callId, at, cause: 'busy' },
  ])
})

/** How many calls were read, and the answer. */
async function list(parameters: Record<string, string>) {
  let read = 0
  let numbersRead = 0
  const plainNumber = () => void numbersRead++
  const page = async ({ limit, cursor = '6001' }: CallFilter) => {
    const from = Math.max(0, Number(cursor) - limit)
    const found = calls.slice(from, Number(cursor)).toReversed()
    read += found.length
    return { calls: found, read: found.length, ...(from === 0 ? {} : { cursor: String(from) }) }
  }
  const asked = {
    reader: new ParameterReader(new Map(Object.entries(parameters))),
    session: {
      ...{ account: 'acme', accounts: ['acme'], calls: page, findAccount: () => ({ id: 1 }) },
      ...{ nameOfParty: () => undefined, plainNumber },
    },
    context: { node: { number: 1, name: 'cordboard' } },
  } as unknown as AskedRequest
  const { responses, data } = await listCdrs.run(asked)
  const rows = data as readonly { readonly callid: string }[] | undefined
  return { code: responses[0]?.code, key: responses[0]?.key, ids: rows?.map(({ callid }) => callid), read, numbersRead }
}

describe('more calls than a list may hold', () => {
  it('are refused, not cut off', async () => {
    for (const parameters of [
      {},
      { limit: '1' },
      { descending: '1' },
      { descending: '1', offset: '4000', limit: '1' },
    ]) {
      const { code, key, ids } = await list(parameters)
      assert.deepEqual([code, key, ids], ['400', 'start', undefined], JSON.stringify(parameters))
    }
  })
  it('do not keep the newest from who asks for these', async () => {
    const newest = await list({ descending: '1', limit: '3' })
    assert.deepEqual(newest.ids, ['call-5999', 'call-5998', 'call-5996'])
    assert.equal(newest.read, 1000)
    const byCall = await list({ descending: '1', limit: '2', offset: '1500', detail: 'call' })
    assert.deepEqual(byCall.ids, ['call-4500', 'call-4499'])
    assert.equal(byCall.read, 2000)
    // Two rows of three are what is filtered for: the calls that are read go on until there are enough of them.
    const filtered = await list({ descending: '1', limit: '1', offset: '900', detail: 'call', status: 'other' })
    assert.equal(filtered.ids?.length, 1)
  })
  it('reads each number once, however many rows name it', async () => {
    const { ids, numbersRead } = await list({ descending: '1', limit: '1500', phone: '102' })
    assert.equal(ids?.length, 1500)
    assert.equal(numbersRead, 2)
  })
})
