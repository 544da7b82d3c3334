import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyRecords, type DirectoryEntryStore, loadRecords, sealedElsewhere } from './apply-records.ts'
import type { DirectoryEntry } from './directory-entries.ts'
import type { DirectoryRecords } from './records.ts'
import { SecretBox } from './secret-box.ts'

const memoryStore = (): DirectoryEntryStore => {
  let entries: readonly DirectoryEntry[] = []
  const nameOf = ({ kind, key }: Pick<DirectoryEntry, 'kind' | 'key'>) => `${kind} ${key}`
  return {
    load: async () => entries,
    write: async ({ put, remove }) => {
      const gone = new Set([...put, ...remove].map(nameOf))
      entries = [...entries.filter((entry) => !gone.has(nameOf(entry))), ...put]
    },
  }
}

test('what was sealed with a lost key is named, kept, and readable again when the key is back', async () => {
  const [key, other] = [new SecretBox(Buffer.alloc(32, 1)), new SecretBox(Buffer.alloc(32, 2))]
  const store = memoryStore()
  const records: DirectoryRecords = {
    ...{ accounts: [], lines: [], credentials: [], ratePlans: [] },
    trunks: [
      { name: 'open', address: 'sip:a.example', format: 'e164', prefixes: [''], priority: 1 },
      { name: 'closed', address: 'sip:b.example', format: 'e164', prefixes: [''], priority: 2, password: 'carrier-1' },
    ],
  }
  await applyRecords(records, store, key)
  assert.doesNotMatch(JSON.stringify(await store.load()), /carrier-1/)
  assert.deepEqual(await sealedElsewhere(store, key), [])
  assert.deepEqual(await sealedElsewhere(store, other), ['trunk closed'])

  const held = await loadRecords(store, other)
  assert.equal(held.trunks.find(({ name }) => name === 'closed')?.password, undefined)
  assert.deepEqual((await applyRecords(held, store, other)).changed, [])
  assert.deepEqual(await loadRecords(store, key), records)
})
