import type {
  AccountRecord,
  CredentialRecord,
  DirectoryRecords,
  LineRecord,
  RatePlanRecord,
  TrunkRecord,
} from './records.ts'
import type { SecretBox } from './secret-box.ts'

/** One record, as a store keeps it. */
export interface DirectoryEntry {
  readonly kind: string
  /** Unique within its kind. */
  readonly key: string
  readonly data: unknown
}

/** What stands in the store for a trunk: its password sealed. */
type StoredTrunk = Omit<TrunkRecord, 'password'> & { readonly sealedPassword?: string }

/** Every record by its kind and key, secrets still open. */
export const toEntries = (records: DirectoryRecords): DirectoryEntry[] => [
  ...records.accounts.map((data) => ({ kind: 'account', key: data.name, data })),
  ...records.lines.map((data) => ({ kind: 'line', key: `${data.account}/${data.number}`, data })),
  ...records.credentials.map((data) => ({ kind: data.kind, key: `${data.account}/${data.name}`, data })),
  ...records.trunks.map((data) => ({ kind: 'trunk', key: data.name, data })),
  ...records.ratePlans.map((data) => ({ kind: 'rate-plan', key: data.name, data })),
]

export function fromEntries(entries: readonly DirectoryEntry[]): DirectoryRecords {
  const ofKinds = <Type>(...kinds: readonly string[]) =>
    entries.filter(({ kind }) => kinds.includes(kind)).map(({ data }) => data as Type)
  return {
    accounts: ofKinds<AccountRecord>('account'),
    lines: ofKinds<LineRecord>('line'),
    credentials: ofKinds<CredentialRecord>('api-key', 'token', 'user'),
    trunks: ofKinds<TrunkRecord>('trunk'),
    ratePlans: ofKinds<RatePlanRecord>('rate-plan'),
  }
}

export function sealEntry(entry: DirectoryEntry, box: SecretBox): DirectoryEntry {
  if (entry.kind !== 'trunk') return entry
  const { password, ...trunk } = entry.data as TrunkRecord
  const data: StoredTrunk = password === undefined ? trunk : { ...trunk, sealedPassword: box.seal(password) }
  return { ...entry, data }
}

/** A password that was sealed with another key is left out: the trunk then says that its credentials are refused. */
export function unsealEntry(entry: DirectoryEntry, box: SecretBox): DirectoryEntry {
  if (entry.kind !== 'trunk') return entry
  const { sealedPassword, ...trunk } = entry.data as StoredTrunk
  const password = sealedPassword === undefined ? undefined : box.open(sealedPassword)
  return { ...entry, data: password === undefined ? trunk : { ...trunk, password } }
}
