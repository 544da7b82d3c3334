import { createHash } from 'node:crypto'
import type { Credential } from './credential.ts'
import type { Directory, Line, PhoneNumber, Trunk } from './directory.ts'
import { canonicalNumber, formatNumber, isEmergencyNumber } from './number-format.ts'
import { verifyPassword } from './password-hash.ts'
import type { CredentialRecord, DirectoryRecords, Ha1, LineRecord, TrunkRecord } from './records.ts'

/** Indexes the records once; every look-up afterwards is a map's. */
export function createDirectory(records: DirectoryRecords): Directory {
  const accounts = new Map(records.accounts.map((account) => [account.name, account]))
  const ratePlans = new Map(records.ratePlans.map((plan) => [plan.name, plan]))
  const lines = new Map(records.lines.map((line) => [`${line.account}/${line.number}`, line]))
  const fullNumbers = new Map(
    records.lines.flatMap((line) => (line.fullNumber === undefined ? [] : [[line.fullNumber, line]])),
  )
  const usernames = indexUsernames(records.lines)
  const secrets = new Map(
    records.credentials.flatMap((record) =>
      record.secretSha256 === undefined ? [] : [[record.secretSha256, credentialOf(record)]],
    ),
  )
  const users = new Map(
    records.credentials.flatMap((record) => (record.kind === 'user' ? [[record.name, record]] : [])),
  )
  const trunks = [...records.trunks].sort((one, other) => one.priority - other.priority)

  const isSameOrBelow = (ancestor: string, account: string): boolean => {
    for (let at: string | undefined = account; at !== undefined; at = accounts.get(at)?.parent)
      if (at === ancestor) return true
    return false
  }
  const countryOf = (account: string): string => accounts.get(account)?.country ?? ''
  const findLine = (account: string, number: string): Line | undefined => {
    const byFullNumber = fullNumbers.get(number)
    return lines.get(`${account}/${number}`) ?? (byFullNumber?.account === account ? byFullNumber : undefined)
  }
  const lineByUsername = (username: string): LineRecord | undefined =>
    usernames.get(username) ?? fullNumbers.get(username)

  return {
    account: (name) => accounts.get(name),
    country: (account) => accounts.get(account)?.country,
    isSameOrBelow,
    accountsUnder: (account) => [...accounts.keys()].filter((name) => isSameOrBelow(account, name)),
    ratePlan: (account) => ratePlans.get(accounts.get(account)?.ratePlan ?? ''),
    line: (account, number) => lines.get(`${account}/${number}`),
    lineByFullNumber: (fullNumber) => fullNumbers.get(fullNumber),
    findLine,
    lineByUsername,
    authenticateSip(username) {
      const line = lineByUsername(username)
      const ha1 = line?.ha1[username]
      return line === undefined || ha1 === undefined ? undefined : { line, ha1Md5: ha1.md5, ha1Sha256: ha1.sha256 }
    },
    ha1: (username): Ha1 | undefined => lineByUsername(username)?.ha1[username],
    // A look-up by digest tells an attacker nothing by its timing: he cannot steer the digest of his guess.
    keyBySecret: (secret) => secrets.get(sha256(secret)),
    async verifyUser(name, password) {
      const record = users.get(name)
      const right = await verifyPassword(password, record?.passwordHash ?? nobodysHash)
      return right && record !== undefined ? credentialOf(record) : undefined
    },
    parseNumber(account, characters): PhoneNumber | undefined {
      const canonical = canonicalNumber(characters, countryOf(account))
      return canonical === undefined
        ? undefined
        : { canonical, emergency: isEmergencyNumber(canonical, countryOf(account)) }
    },
    trunksFor: (account, { canonical }) =>
      trunks
        .filter(
          (trunk) =>
            carries(trunk, canonical) && (trunk.accounts?.some((name) => isSameOrBelow(name, account)) ?? true),
        )
        .map(
          (trunk): Trunk => ({
            name: trunk.name,
            address: trunk.address,
            ...(trunk.username === undefined ? {} : { username: trunk.username }),
            ...(trunk.password === undefined ? {} : { password: trunk.password }),
            dialString: formatNumber(canonical, trunk.format, countryOf(account)),
          }),
        ),
    listAccounts: () => records.accounts,
    listLines: (account) => records.lines.filter((line) => account === undefined || line.account === account),
    listCredentials: (account) =>
      records.credentials.filter((record) => account === undefined || record.account === account).map(credentialOf),
    listTrunks: () => records.trunks.map(({ name, address }) => ({ name, address })),
  }
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A hash that no password has, so that an unknown user takes as long as a known one. */
const nobodysHash = `${'0'.repeat(32)}:${'0'.repeat(64)}`

const carries = (trunk: TrunkRecord, number: string): boolean =>
  trunk.prefixes.some((prefix) => number.startsWith(prefix))

function credentialOf(record: CredentialRecord): Credential {
  return {
    kind: record.kind,
    name: record.name,
    account: record.account,
    permissions: new Set(record.permissions),
    ...(record.lines === undefined ? {} : { lines: new Set(record.lines) }),
  }
}

/** `101` where only one account has such a line, `101@acme` always. */
function indexUsernames(lines: readonly LineRecord[]): ReadonlyMap<string, LineRecord> {
  const byNumber = Map.groupBy(lines, ({ number }) => number)
  return new Map(
    lines.flatMap((line) => {
      const names = [`${line.number}@${line.account}`]
      if (byNumber.get(line.number)?.length === 1) names.push(line.number)
      return names.map((name) => [name, line] as const)
    }),
  )
}
