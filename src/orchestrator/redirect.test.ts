import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeDriver } from '../../test/doubles/fake-driver.ts'
import { FakeNetwork } from '../../test/doubles/fake-network.ts'
import type { PhoneScript } from '../../test/doubles/phone-script.ts'
import { MemoryCallStore } from '../../test/support/memory-call-store.ts'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { LegName } from '../call/call.ts'
import type { CallRequest, LegTarget } from '../call/call-request.ts'
import { renderDestination } from '../call/destination.ts'
import { projectCall } from '../call/project-call.ts'
import { createDirectory } from '../directory/create-directory.ts'
import { CallLog } from '../events/call-log.ts'
import { silentLog } from '../log.ts'
import { Orchestrator } from './orchestrator.ts'

const account = {
  ...{ id: 1, name: 'acme', country: 'AU', domain: 'acme.example', callerIds: [], emergencyCalls: false },
  queues: [
    { name: 'desk', strategy: 'ring-all', members: ['102'], wrapUpSeconds: 0 },
    { name: 'spare', strategy: 'ring-all', members: ['103'], wrapUpSeconds: 0 },
  ],
  ...{ contexts: [], featureCodes: {}, recordGroups: [], webhooks: [], cards: [] },
} as const
const lines = ['101', '102', '103'].map((number) => ({ account: 'acme', number, ha1: [] }))
const directory = createDirectory({ accounts: [account], lines, credentials: [], trunks: [], ratePlans: [] })
const answering: PhoneScript = { rings: 10, answers: 100 }
const toLine = (value: string): LegTarget => ({ kind: 'line', value })
const request: CallRequest = {
  account: 'acme',
  first: { target: toLine('101') },
  second: { target: toLine('102') },
  delaySeconds: 0,
  variables: {},
  origin: { dialect: 'native', credential: 'crm' },
}

/** 101 talks to 102; 103 does what the test says. */
async function talk(third: PhoneScript, more: { readonly first?: PhoneScript; readonly second?: PhoneScript } = {}) {
  const clock = new VirtualClock()
  const network = new FakeNetwork(clock)
  const scripts = { 101: more.first ?? answering, 102: more.second ?? answering, 103: third }
  const phones = Object.fromEntries(
    Object.entries(scripts).map(([number, script]) => [
      number,
      network.setLine({ account: 'acme', number }, [script])[0],
    ]),
  )
  const store = new MemoryCallStore(clock)
  /** Who was shown whom. */
  const shown: string[] = []
  const start = () => {
    const driver = new FakeDriver({ network, clock })
    const dial = driver.dial.bind(driver)
    driver.dial = (leg, listener) => {
      const { destination, callerId } = leg
      shown.push(`${destination.kind === 'line' && destination.line.number} sees ${callerId.number}`)
      return dial(leg, listener)
    }
    const orchestrator = new Orchestrator({
      ...{
        store,
        callLog: new CallLog(store),
        driver,
        phones: network,
        directory,
        clock,
        random: createSeededRandom(1),
        log: silentLog,
        hasClip: () => true,
      },
      policy: { decide: () => [], outsideCallerId: () => ({}), countedFor: () => [] },
      ...{ defaultRingSeconds: 30, memberRingSeconds: 20, longestSeconds: 3600 },
    })
    return { driver, orchestrator }
  }
  const { driver, orchestrator } = start()
  const placed = await orchestrator.place(request)
  const id = placed.outcome === 'refused' ? '' : placed.call.id
  await clock.advance(1000)
  const redirect = (stays: LegName, to = '103') => orchestrator.redirect(['acme'], id, stays, toLine(to))
  const call = () => projectCall(store.written(id))
  const talking = () => Object.entries(phones).flatMap(([number, phone]) => (phone?.calls.size === 1 ? [number] : []))
  const assertOver = () => {
    assert.deepEqual(talking(), [])
    assert.equal(driver.legs.size, 0)
    assert.equal(orchestrator.liveCount, 0)
    assert.equal(clock.pending, 0)
    assert.equal(store.written(id).filter(({ type }) => type === 'call.ended').length, 1)
  }
  return { clock, id, store, driver, orchestrator, start, redirect, call, talking, shown, assertOver }
}

describe('redirect', () => {
  for (const [stays, whoStays, replaced] of [
    ['first', '101', 'second'],
    ['second', '102', 'first'],
  ] as const) {
    test(`the ${stays} party stays and talks to the new one`, async () => {
      const { clock, redirect, call, talking, orchestrator, id, assertOver } = await talk(answering)
      const { bridgedAt, legs } = call()
      assert.deepEqual(await redirect(stays), { outcome: 'redirected' })
      assert.equal(call().state, 'redirecting')
      assert.deepEqual(
        call().legs[replaced].destination,
        legs[replaced].destination,
        'who is being hung up is still there',
      )
      await clock.advance(50)
      assert.equal(call().state, 'second-ringing')
      await clock.advance(1000)
      assert.equal(call().state, 'bridged')
      assert.equal(call().bridgedAt, bridgedAt, 'it has been one call since it was connected first')
      assert.deepEqual(talking(), [whoStays, '103'])
      assert.equal(renderDestination(call().legs[replaced].destination), 'line 103')
      await orchestrator.hangup(['acme'], id)
      await clock.advance(1000)
      assert.deepEqual([call().endCause, call().legs[replaced].state], ['completed', 'ended'])
      assertOver()
    })

    test(`the ${stays} party stays, the new one is busy: the call ends, by the new leg`, async () => {
      const { clock, redirect, call, assertOver } = await talk({ refuses: { after: 10, as: 'busy' } })
      await redirect(stays)
      await clock.advance(1000)
      assert.deepEqual([call().endCause, call().endedBy], ['busy', replaced])
      assertOver()
    })

    test(`the ${stays} party, who stays, hangs up while the new one rings`, async () => {
      const leaving: PhoneScript = { ...answering, hangsUp: 2000 }
      const { clock, redirect, call, talking, assertOver } = await talk(
        { rings: 10 },
        stays === 'first' ? { first: leaving } : { second: leaving },
      )
      await redirect(stays)
      await clock.advance(100)
      assert.deepEqual(talking(), [whoStays, '103'])
      await clock.advance(5000)
      assert.deepEqual([call().endCause, call().endedBy], ['completed', stays], 'they have had their call')
      assertOver()
    })

    test(`the process dies while the new party of the ${stays} one rings: both are let go at the restart`, async () => {
      const { clock, redirect, call, talking, driver, start } = await talk({ rings: 10 })
      await redirect(stays)
      await clock.advance(100)
      driver.die()
      const { orchestrator } = start()
      await orchestrator.resume()
      await clock.advance(100)
      assert.deepEqual([call().endCause, talking()], ['interrupted', []])
    })
  }

  test('twice, there and back', async () => {
    const { clock, redirect, talking, call, orchestrator, id, shown, assertOver } = await talk(answering)
    await redirect('second')
    await clock.advance(1000)
    assert.deepEqual(talking(), ['102', '103'])
    // 103 is the first leg by now; it stays, and gets 101.
    assert.deepEqual(await redirect('first', '101'), { outcome: 'redirected' })
    await clock.advance(1000)
    assert.deepEqual(talking(), ['101', '103'])
    const { first, second } = call().legs
    assert.deepEqual(
      [first, second].map(({ destination }) => renderDestination(destination)),
      ['line 103', 'line 101'],
    )
    assert.deepEqual(shown, ['101 sees 102', '102 sees 101', '103 sees 102', '101 sees 103'])
    await orchestrator.hangup(['acme'], id)
    await clock.advance(1000)
    assertOver()
  })

  for (const [stays, who] of [
    ['first', 'goes'],
    ['second', 'stays'],
  ] as const) {
    test(`to a queue whose only member talks here already, and ${who}: refused, and they talk on`, async () => {
      const { clock, call, orchestrator, id, talking, assertOver } = await talk(answering)
      const outcome = await orchestrator.redirect(['acme'], id, stays, { kind: 'queue', value: 'desk' })
      const refused = outcome.outcome === 'refused' ? outcome.refusal : assert.fail(outcome.outcome)
      const message = 'Nobody of queue desk is there and free now; try again when somebody is.'
      assert.deepEqual(refused, { code: 'nobody-free', message, pointer: stays === 'first' ? '/second' : '/first' })
      await clock.advance(1000)
      assert.deepEqual([call().state, talking()], ['bridged', ['101', '102']])
      await orchestrator.hangup(['acme'], id)
      await clock.advance(1000)
      assertOver()
    })
  }

  test('to a queue whose member is free', async () => {
    const { clock, call, orchestrator, id, talking, assertOver } = await talk(answering)
    const outcome = await orchestrator.redirect(['acme'], id, 'second', { kind: 'queue', value: 'spare' })
    assert.deepEqual(outcome, { outcome: 'redirected' })
    await clock.advance(1000)
    assert.deepEqual([call().state, talking()], ['bridged', ['102', '103']])
    await orchestrator.hangup(['acme'], id)
    await clock.advance(1000)
    assertOver()
  })

  test('a hang-up at every moment of a redirect: one end, nobody is left', async () => {
    for (let at = 0; at <= 130; at += 5) {
      const { clock, redirect, orchestrator, id, assertOver } = await talk(answering)
      await redirect('second')
      await clock.advance(at)
      await orchestrator.hangup(['acme'], id)
      await clock.advance(60_000)
      assertOver()
    }
  })

  test('what cannot be: another account, an unknown target, one who is not there, a call that is not connected', async () => {
    const { clock, redirect, orchestrator, id, talking } = await talk({ rings: 10 })
    assert.deepEqual(await orchestrator.redirect(['other'], id, 'first', toLine('103')), { outcome: 'not-found' })
    const unknown = await redirect('first', '999')
    assert.equal(unknown.outcome === 'refused' && unknown.refusal.code, 'line-not-found')
    assert.deepEqual(talking(), ['101', '102'], 'nothing has happened to the call')
    await redirect('first')
    assert.deepEqual(await redirect('first'), { outcome: 'not-connected' })
    await orchestrator.hangup(['acme'], id)
    await clock.advance(1000)
    assert.deepEqual(await redirect('first'), { outcome: 'already-ended' })
  })
})
