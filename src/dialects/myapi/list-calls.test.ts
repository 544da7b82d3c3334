import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { callRequest, callTakenOver } from '../../../test/support/call-scene.ts'
import { createHttpFront, type HttpFront, keys } from '../../../test/support/http-front.ts'
import type { Call } from '../../call/call.ts'
import type { CallRequest } from '../../call/call-request.ts'
import type { CallFilter } from '../../call/call-service.ts'
import type { EndCause } from '../../call/end-cause.ts'
import { projectCall } from '../../call/project-call.ts'
import { systemClock } from '../../clock.ts'
import { listCalls, mostRead } from './list-calls.ts'
import { renderCall } from './render-calls.ts'

let front: HttpFront
beforeEach(async () => {
  front = await createHttpFront()
})
afterEach(() => front.app.close())

const recovery = { driver: 'fake', data: null }
const start = 1_790_000_000_000
const line = (value: string): CallRequest['first'] => ({ target: { kind: 'line', value } })

async function place(cause: EndCause | undefined, talked = false): Promise<string> {
  const placed = await front.calls.place({
    ...{ account: 'acme', first: line('101'), second: { ...line('102'), callerId: { number: '+61255501000' } } },
    ...{ delaySeconds: 0, variables: {}, origin: { dialect: 'myapi', credential: 'crm' } },
  })
  assert.ok(placed.outcome === 'accepted')
  const { id } = placed.call
  front.calls.happen(id, { type: 'leg.dialled', leg: 'first', recovery }, start)
  if (talked) front.calls.happen(id, { type: 'call.bridged' }, start + 10_000)
  if (cause !== undefined) front.calls.happen(id, { type: 'call.ended', cause }, start + 25_000)
  return id
}

const ask = (query: string, key: string = keys.all) => front.app.inject(`/calls/list/?key=${key}&${query}`)

describe('calls/list', () => {
  it('is an array with a call each, times in the zone of the account', async () => {
    await place('completed', true)
    const answer = await ask('')
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['content-type'], 'application/json')
    assert.equal(answer.headers['access-control-allow-origin'], '*')
    assert.equal(
      answer.body,
      '[{"uniqueid":"call-1","calldate":"2026-09-22 00:13:20","origin":"101","destination":"+61412345678",' +
        '"direction":"outbound","status":"ANSWERED","disposition":"ANSWERED","duration":25,"billsec":15,' +
        '"callerid":"+61255501000"}]',
    )
  })
  for (const [cause, status] of [
    ['busy', 'BUSY'],
    ['rejected', 'BUSY'],
    ['no-answer', 'NO ANSWER'],
    ['cancelled', 'NO ANSWER'],
    ['congestion', 'FAILED'],
  ] as const) {
    it(`${cause} is ${status}`, async () => {
      await place(cause)
      const [call] = (await ask('')).json()
      assert.deepEqual([call.status, call.disposition, call.billsec], [status, status, 0])
    })
  }
  for (const query of ['outputFormat=csv', 'format=csv', 'outputFormat=CSV']) {
    it(`${query}: a line of names, and a line each`, async () => {
      await place('completed', true)
      const answer = await ask(query)
      assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8')
      const [names, row, end] = answer.body.split('\r\n')
      assert.match(names ?? '', /^"uniqueid","calldate","origin",.*"callerid"$/)
      assert.match(row ?? '', /^"call-1","2026-09-22 00:13:20","101","\+61412345678","outbound","ANSWERED",/)
      assert.equal(end, '')
    })
  }
  it('a call whose outside party was let go for a line has been outbound all the same', () => {
    const course = callTakenOver('call-1', start, callRequest())
    const { direction, destination } = renderCall(projectCall(course), 'Australia/Sydney')
    assert.deepEqual({ direction, destination }, { direction: 'outbound', destination: '102' })
  })
  it('an empty list is an empty array', async () => assert.equal((await ask('')).body, '[]'))
  it('connectedOnly leaves out whom nobody answered, limit the older ones, calls that are up are in none', async () => {
    await place('busy')
    await place('completed', true)
    await place(undefined)
    assert.equal((await ask('')).json().length, 2)
    assert.equal((await ask('connectedOnly=true')).json().length, 1)
    assert.equal((await ask('limit=1')).json().length, 1)
  })
  it('connectedOnly looks through so many calls, and says so where they were not enough', async () => {
    const history = 50_000
    const unanswered = { bridgedAt: undefined } as unknown as Call
    const look = async (connectedEach: number) => {
      let read = 0
      const calls = async ({ limit, cursor = '0' }: CallFilter) => {
        const page = Array.from(
          { length: limit },
          (_, index): Call =>
            (Number(cursor) + index) % connectedEach === 0 ? { ...unanswered, bridgedAt: 1 } : unanswered,
        )
        read += page.length
        return { calls: page, read: page.length, ...(read < history ? { cursor: String(read) } : {}) }
      }
      const session = { account: 'acme', calls, wait: async () => undefined }
      const asked = { format: 'json', limit: 1500, connectedOnly: true, waitForActiveCalls: false } as const
      return { found: await listCalls(asked, session, new AbortController().signal), read }
    }
    assert.deepEqual(await look(100), { found: undefined, read: mostRead })
    const enough = await look(2)
    assert.deepEqual([enough.found?.length, enough.read], [1500, 3000])
  })
  it('and the answer says what to do', async () => {
    front.calls.calls = async (_accounts, { limit, cursor = '0' }) => {
      const call = await front.calls.call(['acme'], 'call-1')
      return { calls: Array.from({ length: limit }, () => call as Call), cursor: String(Number(cursor) + 1) }
    }
    await place('busy')
    const answer = await ask('connectedOnly=1')
    assert.equal(answer.statusCode, 400)
    assert.deepEqual(answer.json(), {
      ...{ status: 0, request: 'calls/list', error: 'VALIDATION' },
      reason: 'There are more than 20000 calls to look through; give startTime and endTime',
    })
  })
  it('waitForActiveCalls waits for the end of those that are up', async () => {
    const id = await place(undefined)
    const answered = ask('waitForActiveCalls=1')
    for (let turn = 0; turn < 1000 && front.calls.listenerCount === 0; turn++) {
      await new Promise((done) => systemClock.setTimeout(() => done(undefined), 1))
    }
    front.calls.happen(id, { type: 'call.ended', cause: 'completed' }, start + 25_000)
    assert.equal((await answered).json().length, 1)
  })
  for (const [query, reason] of [
    ['startTime=yesterday', 'startTime must be Unix seconds or YYYY-MM-DD hh:mm:ss'],
    ['endTime=2026-02-30', 'endTime must be Unix seconds or YYYY-MM-DD hh:mm:ss'],
    ['outputFormat=xml', 'outputFormat must be json or csv'],
    ['limit=10001', 'limit must be an integer from 1 to 10000'],
    ['limit=0', 'limit must be an integer from 1 to 10000'],
    ['connectedOnly=maybe', 'connectedOnly must be 0 or 1'],
    ['waitForActiveCalls=2', 'waitForActiveCalls must be 0 or 1'],
    ['limit[]=1', 'A parameter must not be a list'],
  ] as const) {
    it(`${query}: ${reason}`, async () => {
      const answer = await ask(query)
      assert.equal(answer.statusCode, 400)
      assert.deepEqual(answer.json(), { status: 0, request: 'calls/list', error: 'VALIDATION', reason })
    })
  }
  it('needs its permission, and a key', async () => {
    assert.equal((await ask('', keys.readOnly)).statusCode, 200)
    assert.equal((await ask('', 'nobody')).statusCode, 401)
    assert.equal((await front.app.inject({ method: 'DELETE', url: '/calls/list' })).json().error, 'METHOD')
  })
})
