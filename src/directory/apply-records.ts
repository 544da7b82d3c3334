import { isDeepStrictEqual } from 'node:util'
import {
  type DirectoryEntry,
  fromEntries,
  isSealedElsewhere,
  sealEntry,
  toEntries,
  unsealEntry,
} from './directory-entries.ts'
import type { DirectoryRecords } from './records.ts'
import type { SecretBox } from './secret-box.ts'

/** Where the directory is kept. */
export interface DirectoryEntryStore {
  load(): Promise<readonly DirectoryEntry[]>
  /** All of it in one transaction, or nothing. */
  write(changes: {
    readonly put: readonly DirectoryEntry[]
    readonly remove: readonly { readonly kind: string; readonly key: string }[]
  }): Promise<void>
}

/** What an apply did, each as `kind key`: `line acme/101`. Applying the same again does nothing. */
export interface ApplySummary {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/** The records that the store holds, secrets opened. */
export const loadRecords = async (store: DirectoryEntryStore, box: SecretBox): Promise<DirectoryRecords> =>
  fromEntries((await store.load()).map((entry) => unsealEntry(entry, box)))

/** What in the store was sealed with another key, each as `kind key`: `api-key acme/crm`. */
export const sealedElsewhere = async (store: DirectoryEntryStore, box: SecretBox): Promise<readonly string[]> =>
  (await store.load()).filter((entry) => isSealedElsewhere(entry, box)).map(nameOf)

/** Brings the store to exactly these records, in one write. */
export async function applyRecords(
  records: DirectoryRecords,
  store: DirectoryEntryStore,
  box: SecretBox,
): Promise<ApplySummary> {
  const held = new Map((await store.load()).map((entry) => [nameOf(entry), entry]))
  const wanted = toEntries(records)
  const added = wanted.filter((entry) => !held.has(nameOf(entry)))
  const changed = wanted.filter((entry) => {
    const before = held.get(nameOf(entry))
    return before !== undefined && !isDeepStrictEqual(unsealEntry(before, box).data, asStored(entry.data))
  })
  for (const entry of wanted) held.delete(nameOf(entry))
  const removed = [...held.values()]
  if (added.length + changed.length + removed.length > 0) {
    await store.write({ put: [...added, ...changed].map((entry) => sealEntry(entry, box)), remove: removed })
  }
  return { added: added.map(nameOf), changed: changed.map(nameOf), removed: removed.map(nameOf) }
}

const nameOf = ({ kind, key }: DirectoryEntry): string => `${kind} ${key}`

/** As it comes back from JSON: without members that are undefined. */
const asStored = (data: unknown): unknown => JSON.parse(JSON.stringify(data))
