import { createHash } from 'node:crypto'
import { sha256 } from '../directory/create-directory.ts'
import { hashPassword } from '../directory/password-hash.ts'
import type { CredentialRecord, DirectoryRecords, FeatureRecord, LineRecord } from '../directory/records.ts'
import type { Config } from './config-schema.ts'

/** What a token may do that the file gives no permissions. */
const tokenPermissions = ['calls:place', 'calls:read'] as const

type ConfiguredAccount = Config['accounts'][number]

/** The directory that the file describes, its secrets hashed. */
export function directoryRecords(config: Config): DirectoryRecords {
  return {
    accounts: config.accounts.map((account) => ({
      name: account.name,
      ...(account.parent === undefined ? {} : { parent: account.parent }),
      country: account.country,
      domain: account.domain ?? config.sip.realm,
      ...(account.ratePlan === undefined ? {} : { ratePlan: account.ratePlan }),
      ...(account.balance === undefined ? {} : { balance: account.balance }),
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
      recordGroups: account.recordGroups,
      cards: account.cards,
    })),
    lines: config.accounts.flatMap((account) => lineRecords(account, config.sip.realm)),
    credentials: config.accounts.flatMap(credentialRecords),
    trunks: config.trunks.map(withoutUndefined),
    ratePlans: config.ratePlans,
  }
}

function lineRecords(account: ConfiguredAccount, realm: string): readonly LineRecord[] {
  return account.lines.map(({ secret, ...line }) => {
    const usernames = [
      line.number,
      `${line.number}@${account.name}`,
      ...(line.fullNumber === undefined ? [] : [line.fullNumber]),
    ]
    const ha1 = Object.fromEntries(
      usernames.map((username) => {
        const text = `${username}:${account.domain ?? realm}:${secret}`
        return [username, { md5: createHash('md5').update(text).digest('hex'), sha256: sha256(text) }]
      }),
    )
    return { account: account.name, ...withoutUndefined(line), ha1 }
  })
}

function credentialRecords(account: ConfiguredAccount): readonly CredentialRecord[] {
  const roles = new Map(account.roles.map((role) => [role.name, role.permissions]))
  return [
    ...account.apiKeys.map(
      ({ name, key, permissions }): CredentialRecord => ({
        kind: 'api-key',
        account: account.name,
        name,
        permissions,
        secretSha256: sha256(key),
      }),
    ),
    ...account.tokens.map(
      ({ name, token, lines, permissions }): CredentialRecord => ({
        kind: 'token',
        account: account.name,
        name,
        permissions: permissions ?? tokenPermissions,
        ...(lines === 'all' ? {} : { lines }),
        secretSha256: sha256(token),
      }),
    ),
    ...account.users.map(
      ({ name, password, role, line }): CredentialRecord => ({
        kind: 'user',
        account: account.name,
        name,
        permissions: roles.get(role) ?? [],
        ...(line === undefined ? {} : { lines: [line] }),
        passwordHash: hashPassword(password),
      }),
    ),
  ]
}

type Defined<Shape> = { [Key in keyof Shape]: Exclude<Shape[Key], undefined> }

/** The same without members that are there but undefined. */
function withoutUndefined<Shape extends object>(shape: Shape): Defined<Shape> {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Defined<Shape>
}
