import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryCallStore } from '../../test/support/memory-call-store.ts'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { CallRequest } from '../call/call-request.ts'
import type { PlaceOutcome } from '../call/call-service.ts'
import { createDirectory } from '../directory/create-directory.ts'
import type { Limits } from '../directory/limits.ts'
import { CallLog } from '../events/call-log.ts'
import { silentLog } from '../log.ts'
import { FakeDriver } from '../telephony/fake/fake-driver.ts'
import { FakeNetwork } from '../telephony/fake/fake-network.ts'
import { Orchestrator } from './orchestrator.ts'

const account = {
  id: 1,
  name: 'acme',
  country: 'AU',
  domain: 'acme.example',
  callerIds: [],
  emergencyCalls: false,
  queues: [],
  contexts: [],
  featureCodes: {},
  recordGroups: [],
  webhooks: [],
  cards: [],
} as const
const lines = ['101', '102'].map((number) => ({ account: 'acme', number, ha1: {} }))
const directory = createDirectory({ accounts: [account], lines, credentials: [], trunks: [], ratePlans: [] })

/** A call that rings for ever, by one of the account's keys. */
const requestBy = (credential: string, more: Partial<CallRequest> = {}): CallRequest => ({
  account: 'acme',
  first: { target: { kind: 'line', value: '101' }, ringSeconds: 300 },
  second: { target: { kind: 'line', value: '102' } },
  delaySeconds: 0,
  variables: {},
  origin: { dialect: 'native', credential },
  ...more,
})

function setUp(limitsOf: { readonly account?: Limits; readonly key?: Limits }) {
  const clock = new VirtualClock()
  const network = new FakeNetwork(clock)
  for (const { number } of lines) network.setLine({ account: 'acme', number }, [{ rings: 10 }])
  const store = new MemoryCallStore(clock)
  let seed = 0
  const start = () =>
    new Orchestrator({
      store,
      callLog: new CallLog(store),
      driver: new FakeDriver({ network, clock }),
      directory,
      policy: {
        decide: () => [],
        outsideCallerId: () => ({}),
        countedFor: ({ account: name, origin }) => [
          { kind: 'account', name, limits: limitsOf.account ?? {} },
          { kind: 'credential', name: `${name}/${origin.credential}`, limits: limitsOf.key ?? {} },
        ],
      },
      clock,
      random: createSeededRandom(++seed),
      log: silentLog,
      defaultRingSeconds: 30,
      memberRingSeconds: 20,
      longestSeconds: 3600,
    })
  return { clock, store, start }
}

const told = (placed: PlaceOutcome): string =>
  placed.outcome === 'refused' ? `${placed.refusals[0].code} ${placed.refusals[0].retryAfterSeconds}` : placed.outcome
const idOf = (placed: PlaceOutcome): string => (placed.outcome === 'refused' ? assert.fail() : placed.call.id)

describe('simultaneous calls', () => {
  test('two at once at the limit: one of them', async () => {
    const { start } = setUp({ account: { simultaneousCalls: 1 } })
    const orchestrator = start()
    const placed = await Promise.all([orchestrator.place(requestBy('a')), orchestrator.place(requestBy('b'))])
    assert.deepEqual(placed.map(told).sort(), ['accepted', 'limit-exceeded 5'])
  })

  test('an ended call makes room', async () => {
    const { clock, start } = setUp({ account: { simultaneousCalls: 1 } })
    const orchestrator = start()
    const id = idOf(await orchestrator.place(requestBy('a')))
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'limit-exceeded 5')
    await clock.advance(100)
    await orchestrator.hangup(['acme'], id)
    await clock.advance(100)
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'accepted')
  })

  test('each key has its own; the account has one for all', async () => {
    const { start } = setUp({ account: { simultaneousCalls: 3 }, key: { simultaneousCalls: 2 } })
    const orchestrator = start()
    const outcomes: string[] = []
    for (const key of ['a', 'a', 'a', 'b', 'b']) outcomes.push(told(await orchestrator.place(requestBy(key))))
    const [yes, no] = ['accepted', 'limit-exceeded 5']
    assert.deepEqual(outcomes, [yes, yes, no, yes, no])
  })

  test('what was not placed does not count: an id in use, a disk that fails', async () => {
    const { store, start } = setUp({ account: { simultaneousCalls: 2, callsPerMinute: 2 } })
    const orchestrator = start()
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'accepted')
    const { accept } = store
    store.accept = async () => ({ outcome: 'external-id-in-use', callId: 'another' })
    for (let again = 0; again < 5; again++) {
      assert.equal(told(await orchestrator.place(requestBy('a'))), 'external-id-in-use undefined')
    }
    store.accept = () => Promise.reject(new Error('disk full'))
    await assert.rejects(orchestrator.place(requestBy('a')), /disk full/)
    store.accept = accept
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'accepted')
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'limit-exceeded 5')
  })

  test('a repeated request at the limit hears its first answer', async () => {
    const { store, start } = setUp({ account: { simultaneousCalls: 1 } })
    const orchestrator = start()
    const idempotency = { key: 'once', fingerprint: 'f' }
    const callId = idOf(await orchestrator.place(requestBy('a'), { idempotency }))
    store.findReplay = () => Promise.resolve({ outcome: 'replayed', callId } as unknown as undefined)
    assert.equal(told(await orchestrator.place(requestBy('a'), { idempotency })), 'replayed')
  })

  test('a delayed call counts, after a restart too', async () => {
    const { clock, start } = setUp({ account: { simultaneousCalls: 1 } })
    const before = start()
    await before.place(requestBy('a', { delaySeconds: 60 }))
    assert.equal(told(await before.place(requestBy('a'))), 'limit-exceeded 5')
    await before.stop(1000)
    const orchestrator = start()
    await orchestrator.resume()
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'limit-exceeded 5')
    await clock.advance(400_000)
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'accepted')
  })
})

describe('calls per minute', () => {
  test('ended ones count until they are a minute old', async () => {
    const { clock, start } = setUp({ key: { callsPerMinute: 2 } })
    const orchestrator = start()
    for (const _ of [1, 2]) {
      await orchestrator.hangup(['acme'], idOf(await orchestrator.place(requestBy('a'))))
      await clock.advance(10_000)
    }
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'limit-exceeded 40')
    assert.equal(told(await orchestrator.place(requestBy('b'))), 'accepted')
    await clock.advance(39_000)
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'limit-exceeded 1')
    await clock.advance(1000)
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'accepted')
    assert.equal(told(await orchestrator.place(requestBy('a'))), 'limit-exceeded 10')
  })

  test('a hundred at once: as many as the limit says', async () => {
    const { start } = setUp({ account: { callsPerMinute: 7 } })
    const orchestrator = start()
    const placed = await Promise.all(Array.from({ length: 100 }, () => orchestrator.place(requestBy('a'))))
    assert.equal(placed.filter(({ outcome }) => outcome === 'accepted').length, 7)
  })
})
