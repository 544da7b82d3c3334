import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { CallService } from '../call/call-service.ts'
import type { Credential } from '../directory/credential.ts'
import type { Line } from '../directory/directory.ts'
import { createContext } from './create-context.ts'

const credential: Credential = { kind: 'api-key', name: 'crm', account: 'acme', permissions: new Set(['calls:place']) }
const line = (account: string, number: string): Line => ({ account, number })

const create = (clock = new VirtualClock()) =>
  createContext({
    calls: {} as CallService,
    directory: {
      keyBySecret: (secret) => (secret === 'right' ? credential : undefined),
      accountsUnder: (account) => [account, 'acme-shop'],
      listLines: (account) => (account === 'acme' ? [line('acme', '101')] : [line('acme-shop', '201')]),
    },
    clock,
    phones: () => [],
    requestsPerSecond: 2,
    requestBurst: 3,
  })

describe('the context of the dialects', () => {
  it('knows a caller by its secret', () => {
    assert.deepEqual(create().authenticate('right')?.accounts, ['acme', 'acme-shop'])
    assert.equal(create().authenticate('wrong'), undefined)
  })
  it('lists the lines of the accounts asked for', () => {
    assert.deepEqual(
      create()
        .lines(['acme', 'acme-shop'])
        .map(({ number }) => number),
      ['101', '201'],
    )
  })
  it('lets a burst through, then an even pace', async () => {
    const clock = new VirtualClock()
    const context = create(clock)
    const caller = context.authenticate('right') ?? assert.fail()
    const admitted = () => context.admit(caller).allowed
    assert.deepEqual([admitted(), admitted(), admitted(), admitted()], [true, true, true, false])
    await clock.advance(500)
    assert.deepEqual([admitted(), admitted()], [true, false])
    await clock.advance(60_000)
    assert.deepEqual([admitted(), admitted(), admitted(), admitted()], [true, true, true, false])
  })
})
