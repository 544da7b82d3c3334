import type { Credential } from './credential.ts'
import type { Directory } from './directory.ts'
import type { AccountRecord } from './records.ts'

/** Everything that an account and those below it have, by kind, for people to look at. Holds no secret. */
export type DirectoryListing = Readonly<Record<Exclude<DirectoryKind, 'credentials'>, readonly object[]>> & {
  readonly credentials: readonly Pick<Credential, 'kind' | 'account' | 'name'>[]
}

export const directoryKinds = [
  'accounts',
  'lines',
  'credentials',
  'roles',
  'queues',
  'contexts',
  'featureCodes',
  'recordGroups',
  'cards',
  'webhooks',
  'trunks',
  'ratePlans',
] as const

export type DirectoryKind = (typeof directoryKinds)[number]

export function listDirectory(directory: Directory, accountNames: readonly string[]): DirectoryListing {
  const accounts = accountNames.flatMap((name) => directory.account(name) ?? [])
  const ofEach = <Item extends object>(items: (account: AccountRecord) => readonly Item[]) =>
    accounts.flatMap((account) => items(account).map((item) => ({ account: account.name, ...item })))
  return {
    accounts: accounts.map(
      ({ roles, queues, contexts, featureCodes, recordGroups, cards, webhooks, clips, music, ...account }) => account,
    ),
    lines: ofEach(({ name }) => directory.listLines(name).map(publicLine)),
    credentials: ofEach(({ name }) => directory.listCredentials(name)).map(
      // What changes with a secret could be tried against guesses of it.
      ({ permissions, lines, secretId, ...credential }) => ({
        ...credential,
        permissions: [...permissions],
        ...(lines === undefined ? {} : { lines: [...lines] }),
      }),
    ),
    roles: ofEach(({ roles = [] }) => roles),
    queues: ofEach(({ queues }) => queues),
    contexts: ofEach(({ contexts }) => contexts),
    featureCodes: ofEach(({ featureCodes }) =>
      Object.entries(featureCodes).map(([code, feature]) => ({ code, ...feature })),
    ),
    recordGroups: ofEach(({ recordGroups }) => recordGroups),
    cards: ofEach(({ cards }) => cards),
    webhooks: ofEach(({ webhooks }) => webhooks),
    trunks: directory
      .listTrunks()
      .filter(({ name }) => accountNames.some((account) => directory.mayUseTrunk(account, name))),
    ratePlans: [...new Set(accountNames.flatMap((name) => directory.ratePlan(name) ?? []))].map((plan) => ({
      ...plan,
    })),
  }
}

/** A line as the directory hands it out still carries its HA1. */
export const publicLine = ({
  account,
  number,
  fullNumber,
  name,
  callerId,
  forward,
}: ReturnType<Directory['listLines']>[number]) => ({
  account,
  number,
  ...(fullNumber === undefined ? {} : { fullNumber }),
  ...(name === undefined ? {} : { name }),
  ...(callerId === undefined ? {} : { callerId }),
  ...(forward === undefined ? {} : { forward }),
})
