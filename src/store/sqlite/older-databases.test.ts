import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, type TestContext, test } from 'node:test'
import { Kysely } from 'kysely'
import { callRequest, fakeRecovery } from '../../../test/support/call-scene.ts'
import type { CallEvent } from '../../call/call-event.ts'
import { projectCall } from '../../call/project-call.ts'
import { migrate } from '../migrate.ts'
import { migrations } from '../migrations/migrations.ts'
import type { Store } from '../store.ts'
import { nodeSqliteDialect } from './node-sqlite-dialect.ts'
import { openSqliteStore } from './open-sqlite-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'cordboard-older-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let count = 0

/** A database as the release made it whose last migration is the one before `migration`. */
async function databaseBefore(migration: string, fill: (database: DatabaseSync) => void): Promise<string> {
  const file = join(folder, `${++count}`, 'cordboard.db')
  mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file)
  const older = Object.entries(migrations).filter(([name]) => name < migration)
  assert.ok(older.length < Object.keys(migrations).length, `there is no migration from ${migration} on`)
  await migrate(new Kysely<unknown>({ dialect: nodeSqliteDialect(database) }), Object.fromEntries(older))
  database.exec(`pragma application_id = ${0x434f5244}`)
  fill(database)
  database.close()
  return file
}

async function open(t: TestContext, file: string): Promise<Store> {
  const store = await openSqliteStore({ file, node: 1, onBroken: assert.fail })
  t.after(() => store.close())
  return store
}

const request = callRequest()
const recovery = JSON.stringify(fakeRecovery())
const destinations = { first: { kind: 'line', number: '101' }, second: { kind: 'line', number: '102' } } as const
const labels = { first: 'line 101', second: 'line 102' }

test('a database of before calls had numbers is read as it was, and goes on', async (t) => {
  const file = await databaseBefore('2026-11-27', (database) => {
    for (const id of ['b-live', 'a-ended']) {
      database
        .prepare(`insert into calls (id, account, dialect, credential, request, accepted_at, ended_at, end_cause)
          values (?, 'acme', 'native', 'crm', ?, 5, ?, ?)`)
        .run(id, JSON.stringify(request), ...(id === 'a-ended' ? [9, 'busy'] : [null, null]))
      const add = database.prepare('insert into call_events (call_id, type, at, data, recovery) values (?, ?, 6, ?, ?)')
      add.run(id, 'call.accepted', JSON.stringify({ request, destinations: labels }), null)
      add.run(id, 'leg.dialled', '{"leg":"first"}', recovery)
      add.run(id, 'leg.ringing', '{"leg":"first"}', null)
    }
    const addLeg = database.prepare(
      "insert into legs (call_id, name, state, destination) values ('a-ended', ?, 'ended', 'line 101')",
    )
    for (const leg of ['first', 'second']) addLeg.run(leg)
    database.exec("delete from call_events where call_id = 'a-ended' and type = 'leg.ringing'")
  })

  const store = await open(t, file)
  const types = async (id: string) => (await store.calls.events(id)).map(({ type, sequence }) => `${sequence} ${type}`)
  assert.deepEqual(await types('b-live'), ['1 call.accepted', '2 leg.dialled', '3 leg.ringing'])
  assert.deepEqual(await types('a-ended'), ['4 call.accepted', '5 leg.dialled'])
  assert.deepEqual((await store.calls.events('b-live'))[0], {
    ...{ type: 'call.accepted', callId: 'b-live', at: 6, sequence: 1 },
    ...{ request, destinations },
  })
  assert.equal((await store.calls.call('a-ended'))?.endCause, 'busy')
  const [unfinished, ...others] = await store.calls.unfinished()
  assert.deepEqual(others, [])
  assert.equal(unfinished?.call.id, 'b-live')
  assert.deepEqual(unfinished.recoveries, [{ leg: 'first', recovery: JSON.parse(recovery), answered: false }])
  // The sixth event was deleted: its sequence is not used again.
  const [next] = await store.calls.append([{ type: 'call.ending', callId: 'b-live', at: 7, cause: 'cancelled' }])
  assert.equal(next?.sequence, 7)
})

const attempt = { at: 4, trunk: 'one', to: 'sip:1@a.example', cause: 'busy' } as const
const media = { packetsReceived: 1, packetsSent: 1, packetsLost: 0, jitterMilliseconds: 0 }

/** Every type of event, as a release wrote it whose destinations were texts for people, and as it is read now. */
const course: readonly (readonly [type: CallEvent['type'], data: object, read: object])[] = [
  [
    'call.accepted',
    { destinations: { first: 'queue support', second: '+61412345678' } },
    {
      ...{
        request,
        destinations: { first: { kind: 'queue', name: 'support' }, second: { kind: 'number', number: '+61412345678' } },
      },
    },
  ],
  ['call.scheduled', { dueAt: 9 }, { dueAt: 9 }],
  ['leg.dialled', { leg: 'first' }, { leg: 'first' }],
  ['leg.ringing', { leg: 'first' }, { leg: 'first' }],
  [
    'leg.answered',
    { leg: 'first', destination: 'line 102 (queue support)' },
    {
      ...{ leg: 'first', destination: { kind: 'line', number: '102', via: { queue: 'support' } } },
    },
  ],
  ['leg.dialled', { leg: 'second', trunk: 'one' }, { leg: 'second', trunk: 'one' }],
  ['leg.attempt-ended', { leg: 'second', attempt }, { leg: 'second', attempt }],
  [
    'leg.forwarded',
    { leg: 'second', destination: 'feature code *60' },
    {
      ...{ leg: 'second', destination: { kind: 'feature-code', code: '*60' } },
    },
  ],
  [
    'leg.answered',
    { leg: 'second', destination: '+61412345678 (feature code *60)' },
    {
      ...{ leg: 'second', destination: { kind: 'number', number: '+61412345678', via: { featureCode: '*60' } } },
    },
  ],
  ['call.bridged', {}, {}],
  [
    'call.redirected',
    { leg: 'second', destination: 'context welcome' },
    {
      ...{ leg: 'second', destination: { kind: 'context', name: 'welcome' } },
    },
  ],
  ['leg.ended', { leg: 'second', cause: 'completed', media }, { leg: 'second', cause: 'completed', media }],
  ['leg.dialled', { leg: 'second' }, { leg: 'second' }],
  ['leg.answered', { leg: 'second' }, { leg: 'second' }],
  ['call.ending', { cause: 'completed' }, { cause: 'completed' }],
  ['leg.ended', { leg: 'first', cause: 'completed' }, { leg: 'first', cause: 'completed' }],
  ['leg.ended', { leg: 'second', cause: 'completed' }, { leg: 'second', cause: 'completed' }],
]

test('a log whose destinations are texts for people is read as one of today, whatever the event', async (t) => {
  const add = (database: DatabaseSync, id: string, number: number) => {
    database
      .prepare(`insert into calls (id, number, account, dialect, credential, request, accepted_at)
        values (?, ?, 'acme', 'native', 'crm', ?, 6)`)
      .run(id, number, JSON.stringify(request))
    const addEvent = database.prepare('insert into call_events (call_number, type, at, data) values (?, ?, 6, ?)')
    for (const [type, data] of course) addEvent.run(number, type, JSON.stringify(data))
  }
  const file = await databaseBefore('2026-11-27-released-parties', (database) => {
    add(database, 'a-live', 1)
    add(database, 'b-ended', 2)
    database.exec("update calls set ended_at = 9, end_cause = 'completed' where id = 'b-ended'")
    const addLeg = database.prepare(
      "insert into legs (call_id, name, state, destination, ended_at) values ('b-ended', ?, 'ended', ?, 8)",
    )
    addLeg.run('first', 'line 102 (queue support)')
    addLeg.run('second', 'context welcome')
  })

  const store = await open(t, file)
  const read = (callId: string, first: number) =>
    course.map(([type, , detail], index) => ({ type, callId, at: 6, ...detail, sequence: first + index }) as CallEvent)
  assert.deepEqual(await store.calls.events('a-live'), read('a-live', 1))
  assert.deepEqual(
    (await store.subscribers.eventsAfter(0, 100)).map(({ event }) => event),
    [...read('a-live', 1), ...read('b-ended', 1 + course.length)],
  )
  assert.deepEqual(await store.calls.call('a-live'), projectCall(read('a-live', 1)))
  const { first, second } = (await store.calls.call('b-ended'))?.legs ?? assert.fail()
  assert.deepEqual(first.destination, { kind: 'line', number: '102', via: { queue: 'support' } })
  assert.deepEqual(second.destination, { kind: 'context', name: 'welcome' })
  // Its end makes a CDR of today of it.
  await store.calls.append([{ type: 'call.ended', callId: 'a-live', at: 10, cause: 'completed' }])
  assert.deepEqual(await store.calls.call('a-live'), projectCall(await store.calls.events('a-live')))
})
