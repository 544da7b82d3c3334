import type {
  AccountEvent,
  DirectoryEntry,
  DirectoryStore,
  RegistrationStore,
  Store,
  StoredRegistration,
  SubscriberStore,
} from '../store.ts'
import { StoreHealth, type StoreListeners } from '../store-health.ts'
import type { RegistrationRow } from './command.ts'
import { SqliteCallStore } from './sqlite-call-store.ts'
import { WorkerClient } from './worker-client.ts'

export interface SqliteStoreOptions extends StoreListeners {
  readonly file: string
  /** See {@link OpenStoreOptions.node}. */
  readonly node: number
}

/** Opens the database in a thread of its own. Rejects with a {@link StoreError} that says what to do. */
export async function openSqliteStore({ file, node, onBroken, onHealth }: SqliteStoreOptions): Promise<Store> {
  const client = await WorkerClient.open({ path: file, node }, onBroken)
  const health = new StoreHealth(async () => {
    await client.request(['probe'])
  }, onHealth)
  client.health = health
  return {
    migrated: client.migrated,
    calls: new SqliteCallStore(client),
    registrations: createRegistrationStore(client),
    directory: createDirectoryStore(client),
    subscribers: createSubscriberStore(client),
    health,
    close() {
      health.stop()
      return client.close()
    },
  }
}

const createRegistrationStore = (client: WorkerClient): RegistrationStore => ({
  async apply(changes) {
    // The last word on each key is what counts.
    const byKey = new Map<string, RegistrationRow | undefined>()
    for (const change of changes) {
      if (change.type === 'remove') byKey.set(change.key, undefined)
      else byKey.set(change.registration.key, toRow(change.registration))
    }
    const puts = [...byKey.values()].filter((row) => row !== undefined)
    const removals = [...byKey].filter(([, row]) => row === undefined).map(([key]) => key)
    await client.request(['apply-registrations', puts, removals])
  },
  async load(now) {
    return JSON.parse((await client.request(['load-registrations', now])) as string) as StoredRegistration[]
  },
})

const toRow = ({ key, aor, expiresAt, binding }: StoredRegistration): RegistrationRow => [
  key,
  aor,
  expiresAt,
  JSON.stringify(binding),
]

const createSubscriberStore = (client: WorkerClient): SubscriberStore => ({
  async open(name) {
    return (await client.request(['open-subscriber', name])) as number
  },
  async advance(name, sequence) {
    await client.request(['advance-subscriber', name, sequence])
  },
  async retain(names) {
    await client.request(['retain-subscribers', names])
  },
  async eventsAfter(sequence, limit) {
    return JSON.parse((await client.request(['events-after', sequence, limit])) as string) as AccountEvent[]
  },
})

const createDirectoryStore = (client: WorkerClient): DirectoryStore => ({
  async load() {
    return JSON.parse((await client.request(['load-directory'])) as string) as DirectoryEntry[]
  },
  async write({ put, remove }) {
    await client.request([
      'write-directory',
      put.map(({ kind, key, data }) => [kind, key, JSON.stringify(data)]),
      remove.map(({ kind, key }) => [kind, key]),
    ])
  },
})
