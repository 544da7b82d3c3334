import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeDriver } from '../../test/doubles/fake-driver.ts'
import { FakeNetwork } from '../../test/doubles/fake-network.ts'
import { MemoryCallStore } from '../../test/support/memory-call-store.ts'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { CallRequest } from '../call/call-request.ts'
import type { PlaceOutcome } from '../call/call-service.ts'
import { createDirectory } from '../directory/create-directory.ts'
import type { Limits } from '../directory/limits.ts'
import { CallLog } from '../events/call-log.ts'
import { silentLog } from '../log.ts'
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
const lines = ['101', '102'].map((number) => ({ account: 'acme', number, ha1: [] }))
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
      phones: network,
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
      hasClip: () => true,
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
    const { start } = setUp({ account: { simultaneousCalls: 1 } })
    const orchestrator = start()
    const idempotency = { key: 'once', fingerprint: 'f' }
    await orchestrator.place(requestBy('a'), { idempotency })
    assert.equal(told(await orchestrator.place(requestBy('a'), { idempotency })), 'replayed')
  })

  const copies = (place: (name: string) => Promise<PlaceOutcome>) =>
    Promise.all(Array.from({ length: 240 }, (_, index) => place(`call ${index % 8}`)))
  const countOf = (outcomes: readonly PlaceOutcome[]) =>
    Object.fromEntries([...Map.groupBy(outcomes, told)].map(([outcome, { length }]) => [outcome, length]))

  for (const writeMilliseconds of [0, 50]) {
    test(`thirty copies of each of eight keys at once are eight calls (${writeMilliseconds} ms a write)`, async () => {
      const { clock, store, start } = setUp({ account: { simultaneousCalls: 8, callsPerMinute: 8 } })
      store.writeMilliseconds = writeMilliseconds
      const orchestrator = start()
      const placing = copies((key) => orchestrator.place(requestBy('a'), { idempotency: { key, fingerprint: 'f' } }))
      await clock.advance(1000)
      assert.deepEqual(countOf(await placing), { accepted: 8, replayed: 232 })
      assert.equal(told(await orchestrator.place(requestBy('a'))), 'limit-exceeded 5')
    })

    test(`thirty copies of each of eight external ids are eight calls (${writeMilliseconds} ms a write)`, async () => {
      const { clock, store, start } = setUp({ account: { simultaneousCalls: 8, callsPerMinute: 8 } })
      store.writeMilliseconds = writeMilliseconds
      const orchestrator = start()
      const placing = copies((externalId) => orchestrator.place(requestBy('a', { externalId })))
      await clock.advance(1000)
      assert.deepEqual(countOf(await placing), { accepted: 8, 'external-id-in-use undefined': 232 })
      // At the limit a copy is told what it is, not that there is no room.
      assert.equal(
        told(await orchestrator.place(requestBy('a', { externalId: 'call 3' }))),
        'external-id-in-use undefined',
      )
      assert.equal(told(await orchestrator.place(requestBy('a', { externalId: 'new' }))), 'limit-exceeded 5')
    })
  }

  test('copies share a refusal; another body under the same key waits, and is told', async () => {
    const { clock, store, start } = setUp({ account: { simultaneousCalls: 1 } })
    store.writeMilliseconds = 50
    const orchestrator = start()
    const place = (key: string, fingerprint: string) =>
      orchestrator.place(requestBy('a'), { idempotency: { key, fingerprint } })
    const placing = Promise.all([place('one', 'f'), place('one', 'g'), place('two', 'f'), place('two', 'f')])
    await clock.advance(1000)
    assert.deepEqual((await placing).map(told), [
      'accepted',
      'idempotency-key-reused undefined',
      'limit-exceeded 5',
      'limit-exceeded 5',
    ])
  })

  test('the next of one external id is placed where the first was refused, and after its end', async () => {
    const { store, start } = setUp({ account: { simultaneousCalls: 2 } })
    const orchestrator = start()
    const { accept } = store
    store.accept = () => Promise.reject(new Error('disk full'))
    const failing = orchestrator.place(requestBy('a', { externalId: 'x' }))
    const next = orchestrator.place(requestBy('a', { externalId: 'x' }))
    await assert.rejects(failing, /disk full/)
    await assert.rejects(next, /disk full/)
    store.accept = accept
    const id = idOf(await orchestrator.place(requestBy('a', { externalId: 'x' })))
    await orchestrator.hangup(['acme'], id)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(told(await orchestrator.place(requestBy('a', { externalId: 'x' }))), 'accepted')
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
