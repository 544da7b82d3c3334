import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  createTransactionBench,
  nothingLeft,
  requestOf,
  testDestination,
  testRequest,
} from '../../../test/support/transaction-bench.ts'
import { createResponse } from '../message/create-response.ts'

const protocol = fc.constantFrom('udp' as const, 'tcp' as const)
const wait = fc.record({
  do: fc.constant('wait' as const),
  milliseconds: fc.constantFrom(0, 1, 199, 200, 500, 4000, 5000, 31_999, 32_000),
})
const setBroken = fc.record({ do: fc.constant('break' as const), isBroken: fc.boolean() })
const status = fc.constantFrom(100, 180, 183, 200, 202, 302, 401, 487, 503, 603)

describe('random interleavings of messages and timers', () => {
  it('client transactions: one ending at most, nothing after it but 2xx, nothing left behind', async () => {
    const action = fc.oneof(
      wait,
      setBroken,
      fc.record({ do: fc.constant('answer' as const), status }),
      fc.record({ do: fc.constant('terminate' as const) }),
    )
    const run = fc.asyncProperty(
      fc.constantFrom('INVITE', 'BYE'),
      protocol,
      fc.array(action, { maxLength: 15 }),
      async (method, over, actions) => {
        const { clock, transport, layer, answer } = createTransactionBench()
        const endings: string[] = []
        const transaction = layer.sendRequest(testRequest(method), testDestination(over), {
          onResponse(response) {
            if (response.status >= 300 || (method !== 'INVITE' && response.status >= 200)) endings.push('final')
            else if (response.status < 200) assert.deepEqual(endings, [], 'a provisional response after the end')
          },
          onTimeout: () => void endings.push('timeout'),
          onTransportError: () => void endings.push('transport error'),
        })
        for (const step of actions) {
          if (step.do === 'wait') await clock.advance(step.milliseconds)
          else if (step.do === 'break') transport.isBroken = step.isBroken
          else if (step.do === 'answer') answer(transaction, step.status)
          else transaction.terminate()
        }
        await clock.advance(1_000_000)
        assert.ok(endings.length <= 1, endings.join())
        assert.equal(transaction.state, 'terminated')
        assert.deepEqual(layer.counts(), nothingLeft)
        assert.equal(clock.pending, 0)
      },
    )
    await fc.assert(run, { numRuns: 300 })
  })

  it('server transactions: the request is passed up once, nothing left behind once it is answered', async () => {
    const action = fc.oneof(
      wait,
      setBroken,
      fc.record({ do: fc.constant('respond' as const), status }),
      fc.record({ do: fc.constant('repeat' as const) }),
      fc.record({ do: fc.constant('ack' as const), branch: fc.constantFrom('z9hG4bKpeer', 'z9hG4bKother') }),
      fc.record({ do: fc.constant('cancel' as const) }),
    )
    const run = fc.asyncProperty(
      fc.constantFrom('INVITE', 'BYE'),
      protocol,
      fc.array(action, { maxLength: 15 }),
      async (method, over, actions) => {
        const { clock, transport, layer, heard, served, request } = createTransactionBench()
        const toTag = method === 'INVITE' ? {} : { toTag: 'dialog' }
        request(method, { protocol: over, ...toTag })
        const [transaction] = served
        assert.ok(transaction)
        const respond = (code: number): void =>
          transaction.respond(createResponse(requestOf(transaction), code, undefined, { toTag: 'ours' }))
        for (const step of actions) {
          if (step.do === 'wait') await clock.advance(step.milliseconds)
          else if (step.do === 'break') transport.isBroken = step.isBroken
          else if (step.do === 'respond') respond(step.status)
          else if (step.do === 'ack') request('ACK', { toTag: 'ours', branch: step.branch, protocol: over })
          else if (transaction.state !== 'terminated') {
            request(step.do === 'repeat' ? method : 'CANCEL', { protocol: over, ...toTag })
          }
        }
        respond(500)
        await clock.advance(1_000_000)
        assert.equal(served.length, 1)
        assert.ok(heard.filter((name) => name === 'timeout').length <= 1)
        assert.equal(transaction.state, 'terminated')
        assert.deepEqual(layer.counts(), nothingLeft)
        assert.equal(clock.pending, 0)
      },
    )
    await fc.assert(run, { numRuns: 300 })
  })
})
