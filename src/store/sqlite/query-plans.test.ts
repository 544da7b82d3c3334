import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { CallQuery } from '../call-query.ts'
import { CallReader } from './call-reader.ts'
import { CallWriter } from './call-writer.ts'
import { openDatabase } from './open-database.ts'
import { Statements } from './statements.ts'
import { SubscriberRows } from './subscriber-rows.ts'

/** What may be read through from one end to the other: the index of live calls, which are few. */
const few = /^SCAN calls USING (COVERING )?INDEX calls_live$/

const everyAccount = Array.from({ length: 100 }, (_, index) => `account-${index}`)
const filters: readonly Omit<CallQuery, 'accounts' | 'limit'>[] = [
  {},
  { state: 'live' },
  { state: 'ended' },
  { externalId: 'x' },
  { externalId: 'x', state: 'live' },
  { from: 1, until: 2 },
  { from: 1, until: 2, state: 'ended', cursor: 'y' },
]

test('no query reads through a history that grows, nor sorts one: its cost would grow with every call', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cordboard-plans-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { database, kysely, close } = await openDatabase(join(folder, 'cordboard.db'))
  t.after(close)
  const prepared: string[] = []
  const recording = {
    prepare(sql: string) {
      prepared.push(sql)
      return database.prepare(sql)
    },
  } as DatabaseSync
  const statements = new Statements(recording, kysely)
  const reader = new CallReader(statements, 1)
  new CallWriter(statements, 1)
  new SubscriberRows(statements)
  for (const accounts of [['acme'], everyAccount]) {
    for (const filter of filters) reader.calls({ accounts, limit: 10, ...filter })
  }
  const faults = prepared.flatMap((sql) => {
    const plan = database
      .prepare(`explain query plan ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
    // Those of many accounts are sorted, but they are few: live ones, of one external id, or of a window.
    if (/json_each\(\?\)\).*("ended_at" is null|"external_id" =|"id" >=)/.test(sql)) return []
    // With a limit a scan ends early, if it comes in the order that is asked for.
    const isBounded = /\blimit\b/.test(sql)
    const faulty = plan.filter((step) =>
      isBounded
        ? step.startsWith('USE TEMP B-TREE FOR ORDER BY')
        : /^SCAN (calls|call_events|legs|leg_recoveries|idempotency_keys)\b/.test(step) && !few.test(step),
    )
    return faulty.map((step) => `${step}: ${sql}`)
  })
  assert.ok(prepared.length > 25)
  assert.deepEqual(faults, [])
})
