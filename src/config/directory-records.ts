import { createHash } from 'node:crypto'
import { sha256 } from '../directory/create-directory.ts'
import type { Limits } from '../directory/limits.ts'
import { hashPassword, verifyPassword } from '../directory/password-hash.ts'
import { tokenPermissions } from '../directory/permission.ts'
import type { CredentialRecord, DirectoryRecords, FeatureRecord, LineRecord } from '../directory/records.ts'
import { usernamesOf } from '../directory/username-index.ts'
import type { Config } from './config-schema.ts'

type ConfiguredAccount = Config['accounts'][number]

/**
 * The directory that the file describes, its secrets hashed. A user whose password still fits its hash in `held` keeps that
 * hash, so that applying the same file again changes nothing.
 */
export async function directoryRecords(
  config: Config,
  held: Pick<DirectoryRecords, 'accounts' | 'credentials'> = { accounts: [], credentials: [] },
): Promise<DirectoryRecords> {
  const hashes = new Map(held.credentials.map((record) => [`${record.account}/${record.name}`, record.passwordHash]))
  const users = await Promise.all(config.accounts.map((account) => userRecords(account, hashes)))
  const ids = accountIds(config.accounts, new Map(held.accounts.map(({ name, id }) => [name, id])))
  return {
    accounts: config.accounts.map((account, index) => ({
      id: ids[index] ?? index + 1,
      name: account.name,
      ...(account.parent === undefined ? {} : { parent: account.parent }),
      country: account.country,
      ...(account.timeZone === undefined ? {} : { timeZone: account.timeZone }),
      domain: account.domain ?? config.sip.realm,
      ...(account.ratePlan === undefined ? {} : { ratePlan: account.ratePlan }),
      ...(account.balance === undefined ? {} : { balance: account.balance }),
      ...(account.hosts === undefined ? {} : { hosts: account.hosts }),
      ...(account.networks === undefined ? {} : { networks: account.networks }),
      ...(account.origins === undefined ? {} : { origins: account.origins }),
      ...withLimits(account),
      callerIds: account.callerIds,
      emergencyCalls: account.emergencyCalls,
      queues: account.queues.map(withoutUndefined),
      contexts: account.contexts.map(({ name, steps }) => ({ name, steps: steps.map(withoutUndefined) })),
      featureCodes: Object.fromEntries(
        Object.entries(account.featureCodes).map(([code, feature]): [string, FeatureRecord] => [
          code,
          withoutUndefined(feature),
        ]),
      ),
      ...(account.clips.length === 0 ? {} : { clips: account.clips }),
      ...(account.music.length === 0 ? {} : { music: account.music }),
      recordGroups: account.recordGroups,
      cards: account.cards,
      webhooks: account.webhooks,
      roles: account.roles,
    })),
    lines: config.accounts.flatMap((account) => lineRecords(account, config.sip.realm)),
    credentials: [...config.accounts.flatMap(keyRecords), ...users.flat()],
    trunks: config.trunks.map(withoutUndefined),
    ratePlans: config.ratePlans,
  }
}

/** An account without an id keeps the one that it has; a new one gets the lowest that is free, in the order of the file. */
function accountIds(accounts: readonly ConfiguredAccount[], held: ReadonlyMap<string, number>): readonly number[] {
  const taken = new Set(accounts.flatMap(({ id }) => id ?? []))
  const claim = (id: number | undefined): number | undefined => {
    if (id === undefined || taken.has(id)) return undefined
    taken.add(id)
    return id
  }
  const kept = accounts.map(({ id, name }) => id ?? claim(held.get(name)))
  let next = 1
  return kept.map((id) => {
    if (id !== undefined) return id
    while (taken.has(next)) next++
    taken.add(next)
    return next
  })
}

function lineRecords(account: ConfiguredAccount, realm: string): readonly LineRecord[] {
  const domain = account.domain ?? realm
  return account.lines.map(({ secret, ...configured }) => {
    const line = { account: account.name, ...withoutUndefined(configured) }
    // Under the server's realm too: its phones may know the server by its address alone.
    const ha1 = [...new Set([domain, realm])].flatMap((one) =>
      usernamesOf(line).map((username) => {
        const text = `${username}:${one}:${secret}`
        return { username, realm: one, md5: createHash('md5').update(text).digest('hex'), sha256: sha256(text) }
      }),
    )
    return { ...line, ha1 }
  })
}

const keyRecords = (account: ConfiguredAccount): readonly CredentialRecord[] => [
  ...account.apiKeys.map(
    ({ name, key, permissions, signing, trustCallerIds, limits }): CredentialRecord => ({
      kind: 'api-key',
      account: account.name,
      name,
      permissions,
      secretSha256: sha256(key),
      ...(signing ? { signingKey: key } : {}),
      ...(trustCallerIds ? { trustCallerIds } : {}),
      ...withLimits({ limits }),
    }),
  ),
  ...account.tokens.map(
    ({ name, token, lines, permissions, trustCallerIds, limits }): CredentialRecord => ({
      kind: 'token',
      account: account.name,
      name,
      permissions: permissions ?? tokenPermissions,
      ...(lines === 'all' ? {} : { lines }),
      ...(trustCallerIds ? { trustCallerIds } : {}),
      secretSha256: sha256(token),
      ...withLimits({ limits }),
    }),
  ),
]

function userRecords(
  account: ConfiguredAccount,
  hashes: ReadonlyMap<string, string | undefined>,
): Promise<readonly CredentialRecord[]> {
  return Promise.all(
    account.users.map(async ({ name, password, role, line, trustCallerIds, limits }): Promise<CredentialRecord> => {
      const held = hashes.get(`${account.name}/${name}`)
      const stillFits = held !== undefined && (await verifyPassword(password, held))
      return {
        kind: 'user',
        account: account.name,
        name,
        permissions: [],
        role,
        ...(line === undefined ? {} : { line }),
        ...(trustCallerIds ? { trustCallerIds } : {}),
        passwordHash: stillFits ? held : await hashPassword(password),
        ...withLimits({ limits }),
      }
    }),
  )
}

const withLimits = ({ limits }: Pick<ConfiguredAccount, 'limits'>): { limits?: Limits } =>
  limits === undefined ? {} : { limits: withoutUndefined(limits) }

type Defined<Shape> = { [Key in keyof Shape]: Exclude<Shape[Key], undefined> }

/** The same without members that are there but undefined. */
function withoutUndefined<Shape extends object>(shape: Shape): Defined<Shape> {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Defined<Shape>
}
