import type { CredentialRecord, DirectoryRecords } from './records.ts'

/**
 * The records of a file, and beside them the credentials that were made while a server ran. Where the file has one of the same
 * name or secret, or lacks the account, the file decides.
 */
export function keepMadeCredentials(file: DirectoryRecords, held: readonly CredentialRecord[]): DirectoryRecords {
  const accounts = new Map(file.accounts.map((account) => [account.name, account]))
  const names = new Set(file.credentials.map(nameOf))
  const secrets = new Set(file.credentials.flatMap(({ secretSha256 }) => secretSha256 ?? []))
  const kept = held
    .filter((record) => record.madeAt !== undefined && accounts.has(record.account) && !names.has(nameOf(record)))
    .filter(({ secretSha256 }) => secretSha256 === undefined || !secrets.has(secretSha256))
    .map((record) => (accounts.get(record.account)?.parent === undefined ? record : withoutWriting(record)))
  return { ...file, credentials: [...file.credentials, ...kept] }
}

/** Users are known by their name alone, whichever their account. */
const nameOf = ({ kind, account, name }: CredentialRecord): string =>
  kind === 'user' ? `user ${name}` : `${kind} ${account}/${name}`

/** The account was put below another: its credentials no longer change the directory of all. */
const withoutWriting = (record: CredentialRecord): CredentialRecord => ({
  ...record,
  permissions: record.permissions.filter((permission) => permission !== 'directory:write'),
})
