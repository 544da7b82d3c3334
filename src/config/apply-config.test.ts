import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DirectoryEntryStore } from '../directory/apply-records.ts'
import { createDirectory } from '../directory/create-directory.ts'
import type { DirectoryEntry } from '../directory/directory-entries.ts'
import { verifyPassword } from '../directory/password-hash.ts'
import { SecretBox } from '../directory/secret-box.ts'
import { applyConfig } from './apply-config.ts'
import { parseConfig } from './load-config.ts'

/** Keeps entries as a database does: as JSON, each key once. */
class MemoryStore implements DirectoryEntryStore {
  readonly entries = new Map<string, string>()
  writes = 0

  async load(): Promise<readonly DirectoryEntry[]> {
    return [...this.entries.values()].map((json) => JSON.parse(json) as DirectoryEntry)
  }

  async write({ put, remove }: Parameters<DirectoryEntryStore['write']>[0]): Promise<void> {
    this.writes++
    for (const { kind, key } of remove) this.entries.delete(`${kind} ${key}`)
    for (const entry of put) this.entries.set(`${entry.kind} ${entry.key}`, JSON.stringify(entry))
  }
}

const text = (lineSecret: string, more = '') => `
accounts:
  - name: acme
    lines: [ { number: "101", fullNumber: "1234101", secret: ${lineSecret} } ]
    apiKeys: [ { name: crm, key: demo-key-0001, permissions: [calls:place] } ]
    tokens: [ { name: web, token: demo-token-0001 } ]
    users: [ { name: alice, password: demo-pass-0001, role: agent } ]
    roles: [ { name: agent, permissions: [calls:read] } ]
    ratePlan: standard
${more}
ratePlans: [ { name: standard, rates: [] } ]
trunks: [ { name: carrier, address: "sip:c.example", username: u, password: carrier-pass } ]
`
test('an account keeps its number when others come before it', async () => {
  const store = new MemoryStore()
  const idsOf = async (...names: readonly string[]) => {
    const yaml = `accounts: [ ${names.map((name) => `{ name: ${name} }`).join(', ')} ]`
    return (await apply(store, yaml)).records.accounts.map(({ name, id }) => `${name} ${id}`).toSorted()
  }
  assert.deepEqual(await idsOf('acme', 'shop'), ['acme 1', 'shop 2'])
  assert.deepEqual(await idsOf('new', 'shop', 'acme'), ['acme 1', 'new 3', 'shop 2'])
  assert.deepEqual(await idsOf('shop, id: 1', 'acme'), ['acme 2', 'shop 1'])
})

const box = new SecretBox(Buffer.alloc(32, 7))
const apply = (store: MemoryStore, yaml: string) => applyConfig(parseConfig(yaml, 'f'), store, box)

test('what is applied is what the directory then knows', async () => {
  const store = new MemoryStore()
  const { records, summary } = await apply(store, text('s3cret-101'))
  assert.deepEqual(summary, {
    added: [
      'account acme',
      'line acme/101',
      'api-key acme/crm',
      'token acme/web',
      'user acme/alice',
      'trunk carrier',
      'rate-plan standard',
    ],
    changed: [],
    removed: [],
  })
  const directory = createDirectory(records)
  assert.equal(directory.keyBySecret('demo-key-0001')?.name, 'crm')
  assert.deepEqual([...(directory.keyBySecret('demo-token-0001')?.permissions ?? [])], ['calls:place', 'calls:read'])
  const alice = directory.userWithHash('alice')
  assert.equal(alice?.credential.account, 'acme')
  assert.ok(await verifyPassword('demo-pass-0001', alice.passwordHash))
  // RFC 2617 section 3.2.2.2: MD5 of 101:cordboard:s3cret-101.
  assert.equal(directory.authenticateSip('101', 'cordboard')?.ha1Md5, '36fbe753b1c818df93c7b6f614ca7520')
  assert.equal(
    directory.trunksFor('acme', { canonical: '+61412345678', emergency: false })[0]?.password,
    'carrier-pass',
  )
})

test('applying the same again writes nothing', async () => {
  const store = new MemoryStore()
  await apply(store, text('s3cret-101'))
  const before = new Map(store.entries)
  const { summary } = await apply(store, text('s3cret-101'))
  assert.deepEqual(summary, { added: [], changed: [], removed: [] })
  assert.deepEqual(store.entries, before)
  assert.equal(store.writes, 1)
})

test('what differs is changed, what is gone is removed, in one write', async () => {
  const store = new MemoryStore()
  await apply(store, text('s3cret-101', '  - { name: globex, lines: [ { number: "101", secret: s3cret-201 } ] }'))
  const { records, summary } = await apply(
    store,
    text('s3cret-new', '  - { name: initech }').replace('carrier-pass', 'carrier-new'),
  )
  assert.deepEqual(summary, {
    added: ['account initech'],
    changed: ['line acme/101', 'trunk carrier'],
    removed: ['account globex', 'line globex/101'],
  })
  assert.equal(store.writes, 2)
  assert.equal(records.trunks[0]?.password, 'carrier-new')
})

test('no secret stands in the store', async () => {
  const store = new MemoryStore()
  await apply(store, text('s3cret-101'))
  const everything = [...store.entries.values()].join('\n')
  for (const secret of ['s3cret-101', 'demo-key-0001', 'demo-token-0001', 'demo-pass-0001', 'carrier-pass']) {
    assert.ok(!everything.includes(secret), `${secret} is in the store`)
  }
})
