import { randomBytes } from 'node:crypto'
import { sha256 } from './create-directory.ts'
import type { Credential } from './credential.ts'
import type { Directory } from './directory.ts'
import { namePattern } from './name-pattern.ts'
import { hashPassword } from './password-hash.ts'
import { type Permission, permissions, tokenPermissions } from './permission.ts'
import type { CredentialRecord } from './records.ts'

/** A credential that is to be made while the server runs; which members count depends on its kind. */
export interface WantedCredential {
  readonly kind: 'api-key' | 'token' | 'user'
  readonly account: string
  readonly name: string
  /** Of an API key, or a token; a token may place and read calls if absent. */
  readonly permissions?: readonly string[]
  /** Of an API key: whether requests may be signed with it. */
  readonly signing?: boolean
  /** Of a token: the extensions that it is limited to. */
  readonly lines?: readonly string[]
  /** Of a user. */
  readonly role?: string
  readonly line?: string
}

/** Who makes a credential. */
export type Giver = Pick<Credential, 'account' | 'lines'> & { readonly permissions: ReadonlySet<string> }

export interface WantedFault {
  readonly member: keyof WantedCredential
  readonly message: string
}

export type MadeCredential =
  | { readonly record: CredentialRecord; readonly secret: string }
  | { readonly nameInUse: true }
  | { readonly faults: readonly WantedFault[] }

const secretOctets = 24

/** A new credential with a secret that nobody knows yet, or what is wrong with it: the checks of a configuration file. */
export async function makeCredential(
  wanted: WantedCredential,
  giver: Giver,
  directory: Directory,
  madeAt: number,
): Promise<MadeCredential> {
  const faults = faultsOf(wanted, giver, directory)
  if (faults.length > 0) return { faults }
  if (isTaken(wanted, directory)) return { nameInUse: true }
  const secret = `cb_${randomBytes(secretOctets).toString('base64url')}`
  const { kind, account, name } = wanted
  return { record: { kind, account, name, madeAt, ...(await contentOf(wanted, secret)) }, secret }
}

async function contentOf(
  { kind, permissions: asked = tokenPermissions, signing, lines, role, line }: WantedCredential,
  secret: string,
): Promise<Omit<CredentialRecord, 'kind' | 'account' | 'name'>> {
  const granted = asked as readonly Permission[]
  switch (kind) {
    case 'api-key': {
      const signingKey = signing === false ? {} : { signingKey: secret }
      return { permissions: granted, secretSha256: sha256(secret), ...signingKey }
    }
    case 'token':
      return { permissions: granted, secretSha256: sha256(secret), ...(lines === undefined ? {} : { lines }) }
    case 'user': {
      const own = { ...(role === undefined ? {} : { role }), ...(line === undefined ? {} : { line }) }
      return { permissions: [], passwordHash: await hashPassword(secret), ...own }
    }
  }
}

/** The names of users are unique in the server, those of keys and tokens in their account. */
const isTaken = ({ kind, account, name }: WantedCredential, directory: Directory): boolean =>
  directory
    .listCredentials(kind === 'user' ? undefined : account)
    .some((known) => known.kind === kind && known.name === name)

function faultsOf(wanted: WantedCredential, giver: Giver, directory: Directory): readonly WantedFault[] {
  const { kind, name, permissions: asked = [], lines = [], role, line } = wanted
  const account = directory.account(wanted.account)
  if (account === undefined) return [{ member: 'account', message: 'names no account' }]
  const faults: WantedFault[] = []
  const check = (isSound: boolean, member: WantedFault['member'], message: string) => {
    if (!isSound) faults.push({ member, message })
  }
  const exists = (number: string) => directory.line(account.name, number) !== undefined
  check(namePattern.test(name), 'name', 'must be 1 to 64 printable characters without quotes and slashes')
  for (const permission of asked) {
    const isKnown = permissions.some((known) => known === permission)
    check(isKnown, 'permissions', `must each be one of ${permissions.join(', ')}`)
  }
  check(kind !== 'api-key' || asked.length > 0, 'permissions', 'must be given: without any a key is good for nothing')
  check(lines.every(exists), 'lines', 'must be extensions of the account')
  check(line === undefined || exists(line), 'line', 'must be an extension of the account')
  const found = account.roles?.find((candidate) => candidate.name === role)
  check(kind !== 'user' || found !== undefined, 'role', 'must name a role of the account')
  // As in a configuration file: it changes the whole directory.
  const mayWrite = asked.includes('directory:write') && account.parent !== undefined
  check(!mayWrite, 'permissions', 'may hold directory:write in an account without a parent only')
  const isBoundWriter = asked.includes('directory:write') && wanted.lines !== undefined
  check(!isBoundWriter, 'permissions', 'may not hold directory:write with lines')
  return faults.length > 0 ? faults : grantFaultsOf(wanted, found?.permissions, giver, directory)
}

/**
 * Nobody gives away what is not theirs, for it would come back to them by the new credential. An account without a parent owns
 * everything, and with directory:write its file says the same in other words.
 */
function grantFaultsOf(
  { kind, permissions: asked = tokenPermissions, lines }: WantedCredential,
  ofRole: readonly string[] | undefined,
  giver: Giver,
  directory: Directory,
): readonly WantedFault[] {
  if (directory.account(giver.account)?.parent === undefined) return []
  const member = kind === 'user' ? 'role' : 'permissions'
  const faults: WantedFault[] = (kind === 'user' ? (ofRole ?? []) : asked)
    .filter((permission) => !giver.permissions.has(permission))
    .map((permission) => ({ member, message: `gives ${permission}, which the key that asks does not hold itself` }))
  const own = giver.lines
  if (own !== undefined && (kind !== 'token' || lines?.every((line) => own.has(line)) !== true)) {
    faults.push({ member: 'lines', message: 'must be of the lines that the key that asks is bound to' })
  }
  return faults
}
