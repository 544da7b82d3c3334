import assert from 'node:assert/strict'
import type { CallRequest } from '../../src/call/call-request.ts'
import { createDirectory } from '../../src/directory/create-directory.ts'
import { CallLog } from '../../src/events/call-log.ts'
import { Orchestrator } from '../../src/orchestrator/orchestrator.ts'
import type { CallPolicy } from '../../src/orchestrator/plan-call.ts'
import type { DialRequest } from '../../src/telephony/driver.ts'
import { FakeDriver, type FakeDriverOptions } from '../doubles/fake-driver.ts'
import { FakeNetwork } from '../doubles/fake-network.ts'
import type { PhoneScript } from '../doubles/phone-script.ts'
import { testSounds } from '../doubles/test-sounds.ts'
import { createFaultLog } from './fault-log.ts'
import { MemoryCallStore } from './memory-call-store.ts'
import { createSeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

const account = {
  id: 1,
  name: 'acme',
  country: 'AU',
  domain: 'acme.example',
  callerIds: [],
  emergencyCalls: false,
  queues: [
    { name: 'support', number: '600', strategy: 'ring-all', members: ['102', '103'], wrapUpSeconds: 0 },
    { name: 'sales', strategy: 'in-order', members: ['102', '103'], wrapUpSeconds: 0 },
  ],
  contexts: [],
  featureCodes: {},
  recordGroups: [{ id: 7, name: 'all' }],
  webhooks: [],
  cards: [],
} as const
const lines = [
  ...['101', '102', '103', '104', '105'].map((number) => ({ account: 'acme', number, ha1: [] })),
  { account: 'acme', number: '106', ha1: [], forward: { noAnswer: '101', busy: '102', unavailable: '103' } },
]
const directory = createDirectory({ accounts: [account], lines, credentials: [], trunks: [], ratePlans: [] })

export const requestTo = (second: CallRequest['second']['target'], more: Partial<CallRequest> = {}): CallRequest => ({
  account: 'acme',
  first: { target: { kind: 'line', value: '101' } },
  second: { target: second },
  delaySeconds: 0,
  variables: {},
  origin: { dialect: 'native', credential: 'crm' },
  ...more,
})
export const toLine: CallRequest['second']['target'] = { kind: 'line', value: '102' }

/** A server's worth of calls over scripted phones; each `start` is a process over the same store. */
export const openOrchestratorScene = (
  scripts: Readonly<Record<string, readonly PhoneScript[]>>,
  timing: Pick<FakeDriverOptions, 'bridgeMilliseconds' | 'farewellMilliseconds' | 'isDeaf'> = {},
) => {
  const clock = new VirtualClock()
  const network = new FakeNetwork(clock)
  const phones = Object.entries(scripts).flatMap(([number, script]) =>
    network.setLine({ account: 'acme', number }, script),
  )
  const store = new MemoryCallStore(clock)
  const { log, faults } = createFaultLog()
  /** What the drivers were asked for. */
  const dialled: DialRequest[] = []
  const start = (seed: number, policy: Partial<CallPolicy> = {}) => {
    const driver = new FakeDriver({ network, clock, ...timing })
    const dial = driver.dial.bind(driver)
    driver.dial = (request, listener) => {
      dialled.push(request)
      return dial(request, listener)
    }
    const callLog = new CallLog(store)
    const orchestrator = new Orchestrator({
      store,
      callLog,
      driver,
      phones: network,
      directory,
      policy: { decide: () => [], outsideCallerId: () => ({}), countedFor: () => [], ...policy },
      clock,
      random: createSeededRandom(seed),
      log,
      hasClip: (account, name) => testSounds.clip(account, name) !== undefined,
      defaultRingSeconds: 30,
      memberRingSeconds: 20,
      longestSeconds: 3600,
    })
    return { driver, callLog, orchestrator }
  }
  const place = async (orchestrator: Orchestrator, request: CallRequest) => {
    const placed = await orchestrator.place(request)
    assert.equal(placed.outcome, 'accepted')
    return placed.outcome === 'accepted' ? placed.call.id : ''
  }
  const causeOf = (id: string) => {
    const last = store.written(id).at(-1)
    return last?.type === 'call.ended' ? last.cause : undefined
  }
  const up = () => phones.reduce((sum, phone) => sum + phone.calls.size, 0)
  return { clock, network, phones, store, faults, dialled, start, place, causeOf, up }
}

export const answering: PhoneScript = { rings: 10, answers: 100 }
