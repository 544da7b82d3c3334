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

export const credentialEntry = (data: CredentialRecord): DirectoryEntry => ({
  kind: data.kind,
  key: `${data.account}/${data.name}`,
  data,
})

/** Every record by its kind and key, secrets still open. */
export const toEntries = (records: DirectoryRecords): DirectoryEntry[] => [
  ...records.accounts.map((data) => ({ kind: 'account', key: data.name, data })),
  ...records.lines.map((data) => ({ kind: 'line', key: `${data.account}/${data.number}`, data })),
  ...records.credentials.map(credentialEntry),
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

/** The members that hold a secret as it is, by kind; the store keeps them sealed, under `sealed`. */
const secretMembers: Readonly<Record<string, string>> = { trunk: 'password', 'api-key': 'signingKey' }

export function sealEntry(entry: DirectoryEntry, box: SecretBox): DirectoryEntry {
  const member = secretMembers[entry.kind]
  const data = entry.data as Readonly<Record<string, unknown>>
  const secret = member === undefined ? undefined : data[member]
  if (member === undefined || typeof secret !== 'string') return entry
  const { [member]: _, ...open } = data
  return { ...entry, data: { ...open, sealed: box.seal(secret) } }
}

/** Whether it holds a secret that this key does not open. */
export function isSealedElsewhere({ kind, data }: DirectoryEntry, box: SecretBox): boolean {
  const { sealed } = data as { readonly sealed?: unknown }
  return secretMembers[kind] !== undefined && typeof sealed === 'string' && box.open(sealed) === undefined
}

/** A secret that was sealed with another key is left out: what needs it then says that its credentials are refused. */
export function unsealEntry(entry: DirectoryEntry, box: SecretBox): DirectoryEntry {
  const member = secretMembers[entry.kind]
  if (member === undefined) return entry
  const { sealed, ...data } = entry.data as Readonly<Record<string, unknown>>
  const secret = typeof sealed === 'string' ? box.open(sealed) : undefined
  return { ...entry, data: secret === undefined ? data : { ...data, [member]: secret } }
}
