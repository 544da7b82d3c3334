import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { callAccepted, fakeRecovery } from '../../../test/support/call-scene.ts'
import { callStoreSuite } from '../../../test/support/call-store-suite.ts'
import { migrations } from '../migrations/migrations.ts'
import { openStore } from '../open-store.ts'
import type { Store } from '../store.ts'
import type { StoreErrorCode } from '../store-error.ts'
import { openSqliteStore } from './open-sqlite-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'cordboard-store-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const freshFile = () => join(folder, `${++count}`, 'cordboard.db')
const onBroken = (error: Error) => {
  throw error
}
const open = (file = freshFile(), node = 1): Promise<Store> => openSqliteStore({ file, node, onBroken })
const rejectsWith = (promise: Promise<unknown>, code: StoreErrorCode, words: RegExp) =>
  assert.rejects(promise, { name: 'StoreError', code, message: words })

callStoreSuite('SQLite', () => {
  const file = freshFile()
  return (node) => open(file, node)
})

test('when a call has ended, nothing is left of what would have ended its legs after a crash', async () => {
  const file = freshFile()
  const store = await open(file)
  const callId = 'c'.repeat(32)
  const recovery = fakeRecovery()
  const count = () => {
    const database = new DatabaseSync(file, { readOnly: true })
    const found = database.prepare('select count(*) as count from leg_recoveries').get()?.['count']
    database.close()
    return found
  }
  await store.calls.accept([callAccepted(callId)])
  await store.calls.append([
    { type: 'leg.dialled', callId, at: 2, leg: 'first', recovery },
    { type: 'leg.answered', callId, at: 3, leg: 'first', recovery },
  ])
  assert.equal(count(), 2)
  await store.calls.append([
    { type: 'leg.ended', callId, at: 4, leg: 'first', cause: 'completed' },
    { type: 'call.ended', callId, at: 4, cause: 'completed' },
  ])
  assert.equal(count(), 0)
  await store.close()
})

describe('opening a SQLite store', () => {
  test('makes the folder and a file that only its owner may read, and finds its data again', async () => {
    const file = freshFile()
    const store = await open(file)
    assert.deepEqual(store.migrated, Object.keys(migrations))
    await store.directory.write({ put: [{ kind: 'line', key: 'a', data: 1 }], remove: [] })
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(`${file}-wal`).mode & 0o777, 0o600)
    await store.close()
    const again = await open(file)
    assert.deepEqual(again.migrated, [])
    assert.equal((await again.directory.load()).length, 1)
    await again.close()
  })

  test('a second server on the same data is refused, and let in when the first has gone', async () => {
    const file = freshFile()
    const first = await open(file)
    await rejectsWith(open(file), 'in-use', /Another server is running on the database .*Stop it first/)
    await first.close()
    await (await open(file)).close()
  })

  test('a database of a newer release is left alone', async () => {
    const file = freshFile()
    await (await open(file)).close()
    const database = new DatabaseSync(file)
    database.exec("insert into kysely_migration (name, timestamp) values ('2099-01-01-flying-calls', '2099')")
    database.close()
    await rejectsWith(open(file), 'newer-database', /newer release.*2099-01-01-flying-calls.*backup/)
  })

  test("another program's database, and what is no database, are left alone", async () => {
    const file = freshFile()
    mkdirSync(join(file, '..'))
    const database = new DatabaseSync(file)
    database.exec('create table songs (name text)')
    database.close()
    await rejectsWith(open(file), 'not-ours', /another program/)
    const text = freshFile()
    mkdirSync(join(text, '..'))
    writeFileSync(text, 'This is not a database, but it is long enough to be looked at as one.'.repeat(20))
    await rejectsWith(open(text), 'not-ours', /no database of this program/)
  })

  test('a folder that may not be written to is named', {
    skip: process.getuid?.() === 0 && 'root may write anywhere',
  }, async () => {
    const file = freshFile()
    mkdirSync(join(file, '..'))
    chmodSync(join(file, '..'), 0o500)
    await rejectsWith(open(file), 'not-accessible', /cannot be opened for writing/)
  })

  test('a path below a file is named', async () => {
    const file = freshFile()
    await (await open(file)).close()
    await rejectsWith(open(join(file, 'below.db')), 'not-accessible', /cannot be opened for writing/)
  })

  test('the address of the configuration: a path from the base directory, PostgreSQL not yet, nonsense', async () => {
    const store = await openStore({ address: 'sqlite:./data/x.db', baseDirectory: folder, node: 1, onBroken })
    assert.ok(statSync(join(folder, 'data', 'x.db')).isFile())
    await store.close()
    const other = (address: string) => openStore({ address, baseDirectory: folder, node: 1, onBroken })
    await rejectsWith(other('postgres://db/cordboard'), 'not-available', /PostgreSQL is not available yet/)
    await rejectsWith(other('mysql://db'), 'not-available', /write "sqlite:PATH"/)
  })
})

describe('a store under kill -9', () => {
  test('holds every write that was acknowledged, and none by half', { timeout: 60_000 }, async () => {
    const file = freshFile()
    let acknowledged = 0
    for (let round = 0; round < 6; round++) {
      const writer = fork(new URL('../../../test/support/kill-test-writer.ts', import.meta.url), [file, String(round)])
      const calls = await acknowledgedBefore(writer, 40 + round * 35)
      acknowledged += calls.length
      const store = await open(file)
      const events = await Promise.all(calls.map(({ id }) => store.calls.events(id)))
      for (const [index, { id, events: promised }] of calls.entries()) {
        assert.ok((events[index]?.length ?? 0) >= promised, `call ${id} has its ${promised} acknowledged events`)
      }
      // The writer appends in pairs: an odd number after the acceptance would be half an append.
      for (const logged of events) assert.equal((logged.length - 1) % 2, 0)
      for (const { call } of await store.calls.unfinished()) assert.notEqual(call.state, 'ended')
      await store.close()
    }
    assert.ok(acknowledged > 20, `only ${acknowledged} calls were written before the kills`)
  })
})

test('who reads the log: each goes on at its own place, a new one at the end, and who is not retained is new', async () => {
  const { subscribers, calls, close } = await open()
  const accept = (callId: string) => calls.accept([callAccepted(callId)])
  assert.deepEqual([await subscribers.open('a'), await subscribers.open('b')], [0, 0])
  await accept('c1')
  await accept('c2')
  await subscribers.advance('a', 1)
  assert.deepEqual([await subscribers.open('a'), await subscribers.open('b')], [1, 0])
  const unread = await subscribers.eventsAfter(1, 10)
  assert.deepEqual(
    unread.map(({ account, event }) => [account, event.callId, event.sequence]),
    [['acme', 'c2', 2]],
  )
  await subscribers.retain(['a', "it's another"])
  assert.deepEqual([await subscribers.open('a'), await subscribers.open('b')], [1, 2])
  await subscribers.retain([])
  assert.equal(await subscribers.open('a'), 2)
  await close()
})

/** Lets the writer run for so long, kills it, and returns what it had been told was on disk. */
async function acknowledgedBefore(
  writer: ChildProcess,
  milliseconds: number,
): Promise<{ id: string; events: number }[]> {
  const promised = new Map<string, number>()
  let started: (() => void) | undefined
  const start = new Promise<void>((resolve) => {
    started = resolve
  })
  writer.on('message', ({ id, events }: { id: string; events: number }) => {
    promised.set(id, events)
    started?.()
  })
  await start
  setTimeout(() => writer.kill('SIGKILL'), milliseconds)
  await once(writer, 'exit')
  return [...promised].map(([id, events]) => ({ id, events }))
}
