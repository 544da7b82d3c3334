import { hash } from 'node:crypto'
import type { Credential } from './credential.ts'
import type { Directory, Line, Trunk } from './directory.ts'
import { type Limits, strictest } from './limits.ts'
import { formatNumber } from './number-format.ts'
import { parseDialledNumber } from './parse-dialled-number.ts'
import type { AccountRecord, CredentialRecord, DirectoryRecords, TrunkRecord } from './records.ts'
import { indexUsernames } from './username-index.ts'

/** Indexes the records once; every look-up afterwards costs the same however many there are. */
export function createDirectory(records: DirectoryRecords): Directory {
  const accounts = new Map(records.accounts.map((account) => [account.name, account]))
  const accountsById = new Map(records.accounts.map((account) => [String(account.id), account]))
  const children = Map.groupBy(records.accounts, ({ parent }) => parent)
  const ratePlans = new Map(records.ratePlans.map((plan) => [plan.name, plan]))
  const lines = new Map(records.lines.map((line) => [`${line.account}/${line.number}`, line]))
  const linesByAccount = Map.groupBy(records.lines, ({ account }) => account)
  const linesByFullNumber = new Map(
    records.lines.flatMap((line) => (line.fullNumber === undefined ? [] : [[line.fullNumber, line] as const])),
  )
  const findByUsername = indexUsernames(records)
  const domains = new Map(records.accounts.map(({ domain }) => [domain?.toLowerCase(), domain]))
  const credentials = records.credentials.map((record) => ({
    record,
    credential: credentialOf(record, accounts.get(record.account)),
  }))
  const credentialsByAccount = Map.groupBy(credentials, ({ credential }) => credential.account)
  const credentialsBySecret = new Map(
    credentials.flatMap(({ record: { secretSha256 }, credential }) =>
      secretSha256 === undefined ? [] : [[secretSha256, credential] as const],
    ),
  )
  const users = new Map(
    credentials.filter(({ record }) => record.kind === 'user').map((user) => [user.record.name, user]),
  )
  const limits = new Map<string, Limits>()
  const sharedNames = new Set<string>()
  for (const { account, name, limits: own = {} } of records.credentials) {
    const key = `${account}/${name}`
    if (limits.has(key)) sharedNames.add(key)
    limits.set(key, strictest(limits.get(key) ?? {}, own))
  }
  const trunks = records.trunks.toSorted((one, other) => one.priority - other.priority)

  const origins = new Set(records.accounts.flatMap((account) => account.origins ?? []))

  const isSameOrBelow = (ancestor: string, account: string): boolean => {
    for (let at: string | undefined = account; at !== undefined; at = accounts.get(at)?.parent) {
      if (at === ancestor) return true
    }
    return false
  }
  /** Remembered, because every request asks for that of its credential. */
  const under = new Map<string, readonly string[]>()
  const accountsUnder = (account: string): readonly string[] => {
    const known = under.get(account)
    if (known !== undefined) return known
    const found = accounts.has(account)
      ? [account, ...(children.get(account) ?? []).flatMap(({ name }) => accountsUnder(name))]
      : []
    if (accounts.has(account)) under.set(account, found)
    return found
  }
  const countryOf = (account: string): string => accounts.get(account)?.country ?? ''
  const mayUse = (trunk: TrunkRecord, account: string): boolean =>
    trunk.accounts?.some((name) => isSameOrBelow(name, account)) ?? true

  return {
    account: (name) => accounts.get(name),
    accountByReference: (reference) => accountsById.get(reference) ?? accounts.get(reference),
    country: (account) => accounts.get(account)?.country,
    isSameOrBelow,
    accountsUnder,
    ratePlan: (account) => ratePlans.get(accounts.get(account)?.ratePlan ?? ''),
    line: (account, number) => lines.get(`${account}/${number}`),
    lineByFullNumber: (fullNumber) => linesByFullNumber.get(fullNumber),
    findLine(account, number): Line | undefined {
      const byFullNumber = linesByFullNumber.get(number)
      return lines.get(`${account}/${number}`) ?? (byFullNumber?.account === account ? byFullNumber : undefined)
    },
    lineByUsername: findByUsername,
    findQueue: (account, reference) =>
      accounts.get(account)?.queues.find(({ name, number }) => name === reference || number === reference),
    findContext: (account, name) => accounts.get(account)?.contexts.find((context) => context.name === name),
    findUser(account, name) {
      const found = users.get(name)?.record ?? users.get(`${name}@${account}`)?.record
      if (found?.account === account) return found
      return lines.has(`${account}/${name}`) ? { name, line: name } : undefined
    },
    featureCode(account, code) {
      const codes = accounts.get(account)?.featureCodes ?? {}
      return Object.hasOwn(codes, code) ? codes[code] : undefined
    },
    findCard: (account, number) => accounts.get(account)?.cards.find((card) => card.number === number),
    findRecordGroup: (account, id) => accounts.get(account)?.recordGroups.find((group) => group.id === id),
    authenticateSip(username, realm) {
      const line = findByUsername(username, realm) ?? findByUsername(username)
      const ha1 = line?.ha1.find((one) => one.username === username && one.realm === realm)
      return line === undefined || ha1 === undefined ? undefined : { line, ha1Md5: ha1.md5, ha1Sha256: ha1.sha256 }
    },
    sipDomain: (host) => domains.get(host.toLowerCase()),
    sipSecretMark(account, number) {
      const ha1 = lines.get(`${account}/${number}`)?.ha1.find(({ username }) => username === `${number}@${account}`)
      return ha1 && sha256(ha1.sha256).slice(0, 16)
    },
    listsOrigin: (origin) => origins.has(origin) || origins.has('*'),
    // A look-up by digest tells an attacker nothing by its timing: he cannot steer the digest of his guess.
    keyBySecret: (secret) => credentialsBySecret.get(sha256(secret)),
    userWithHash(name) {
      const user = users.get(name)
      const passwordHash = user?.record.passwordHash
      return user === undefined || passwordHash === undefined
        ? undefined
        : { credential: user.credential, passwordHash }
    },
    signingKeys: (account) =>
      (credentialsByAccount.get(account) ?? []).flatMap(({ record }) => record.signingKey ?? []),
    credentialLimits: (account, name) => limits.get(`${account}/${name}`) ?? {},
    isSharedName: (account, name) => sharedNames.has(`${account}/${name}`),
    parseNumber: (account, characters) => parseDialledNumber(characters, countryOf(account)),
    trunksFor: (account, { canonical }) =>
      trunks
        .filter((trunk) => carries(trunk, canonical) && mayUse(trunk, account))
        .map((trunk) => trunkFor(trunk, canonical, countryOf(account))),
    mayUseTrunk: (account, name) => trunks.some((trunk) => trunk.name === name && mayUse(trunk, account)),
    trunkCredentials(name) {
      const { username, password } = trunks.find((trunk) => trunk.name === name) ?? {}
      return username === undefined || password === undefined ? undefined : { username, password }
    },
    listAccounts: () => records.accounts,
    listLines: (account) => (account === undefined ? records.lines : (linesByAccount.get(account) ?? [])),
    listCredentials: (account) =>
      (account === undefined ? credentials : (credentialsByAccount.get(account) ?? [])).map(
        ({ credential }) => credential,
      ),
    listTrunks: () => records.trunks.map(({ name, address }) => ({ name, address })),
  }
}

export const sha256 = (text: string): string => hash('sha256', text, 'hex')

const carries = (trunk: TrunkRecord, number: string): boolean =>
  trunk.prefixes.some((prefix) => number.startsWith(prefix))

const trunkFor = (trunk: TrunkRecord, number: string, country: string): Trunk => ({
  name: trunk.name,
  address: trunk.address,
  ...(trunk.username === undefined ? {} : { username: trunk.username }),
  ...(trunk.password === undefined ? {} : { password: trunk.password }),
  dialString: formatNumber(number, trunk.format, country),
})

const credentialOf = (record: CredentialRecord, account: AccountRecord | undefined): Credential => ({
  kind: record.kind,
  name: record.name,
  account: record.account,
  permissions: new Set(
    record.role === undefined
      ? record.permissions
      : account?.roles?.find(({ name }) => name === record.role)?.permissions,
  ),
  secretId: sha256(`id ${record.secretSha256 ?? record.passwordHash ?? ''}`).slice(0, 16),
  ...(record.role === undefined ? {} : { role: record.role }),
  ...(record.madeAt === undefined ? {} : { madeAt: record.madeAt }),
  ...(record.lines === undefined ? {} : { lines: new Set(record.lines) }),
  ...(record.line === undefined ? {} : { line: record.line }),
  ...(record.trustCallerIds === true ? { trustCallerIds: true } : {}),
})
