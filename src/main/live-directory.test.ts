import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../config/load-config.ts'
import type { DirectoryEntry } from '../directory/directory-entries.ts'
import { SecretBox } from '../directory/secret-box.ts'
import { LiveDirectory } from './live-directory.ts'

const config = parseConfig(
  `
accounts:
  - name: acme
    apiKeys: [{ name: operator, key: demo-key-operator-1, permissions: [directory:write] }]
`,
  'test',
)

test('changes take turns, and nothing is done for who was let go in the turn before', async () => {
  const entries = new Map<string, DirectoryEntry>()
  const keyOf = ({ kind, key }: Pick<DirectoryEntry, 'kind' | 'key'>) => `${kind} ${key}`
  const store = {
    load: async () => [...entries.values()],
    async write({ put, remove }: { put: readonly DirectoryEntry[]; remove: readonly { kind: string; key: string }[] }) {
      for (const entry of remove) entries.delete(keyOf(entry))
      for (const entry of put) entries.set(keyOf(entry), JSON.parse(JSON.stringify(entry)) as DirectoryEntry)
    },
  }
  const thief = new AbortController()
  let wasThere = false
  const secretBox = new SecretBox(Buffer.alloc(32))
  const onChanged = async () => {
    const isThere = live.directory.listCredentials('acme').some(({ name }) => name === 'thief')
    if (wasThere && !isThere) thief.abort()
    wasThere = isThere
  }
  const live = new LiveDirectory({ config, store, secretBox, onChanged })
  const operator = { account: 'acme', permissions: new Set(['directory:write']) }
  const never = new AbortController().signal
  const wanted = (name: string) => ({ kind: 'token', account: 'acme', name, permissions: ['calls:read'] }) as const
  await live.bringTo(config)
  await live.createCredential(wanted('thief'), operator, 0, never)
  const outcomes = await Promise.all([
    live.revokeCredential(wanted('thief'), never),
    live.createCredential(wanted('thief 2'), operator, 0, thief.signal),
    live.apply('accounts: []', thief.signal),
    live.revokeCredential({ kind: 'api-key', account: 'acme', name: 'operator' }, thief.signal),
  ])
  assert.deepEqual(outcomes, ['revoked', { outcome: 'withdrawn' }, { outcome: 'withdrawn' }, 'withdrawn'])
  assert.deepEqual(
    live.directory.listCredentials('acme').map(({ name }) => name),
    ['operator'],
  )
})
