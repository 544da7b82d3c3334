import type { Credential } from '../directory/credential.ts'
import type { Directory } from '../directory/directory.ts'
import type { Permission } from '../directory/permission.ts'

/** Who asks: the credential that was shown, and the accounts that it may act for. Never holds the secret. */
export interface Caller extends Credential {
  /** The account and those below it, by name. */
  readonly accounts: readonly string[]
  /** Whether another credential of its account has the same name. */
  readonly sharesName: boolean
}

/** Where a request came from, as far as trusted proxies tell. */
export interface ClientOrigin {
  readonly address: string
  /** The host name that the client asked for, without its port. */
  readonly host: string
}

/** What a client is about to ask. */
export interface Asking {
  /** The API by which it came: its calls are kept with that name. */
  readonly dialect: string
  readonly from: ClientOrigin
  /** Of these it must hold one; without any, whoever is known may ask. */
  readonly permissions: readonly Permission[]
}

export const callerOf = (
  credential: Credential,
  directory: Pick<Directory, 'accountsUnder' | 'isSharedName'>,
): Caller => ({
  ...credential,
  accounts: directory.accountsUnder(credential.account),
  sharesName: directory.isSharedName(credential.account, credential.name),
})

/**
 * Whether the caller has this permission. A caller that is bound to lines may never change the directory: it could give itself a
 * credential that is not bound.
 */
export const holds = ({ permissions, lines }: Pick<Caller, 'permissions' | 'lines'>, permission: Permission): boolean =>
  permissions.has(permission) && !(permission === 'directory:write' && lines !== undefined)

/** One of the permissions will do; where none is needed, whoever is known may ask. */
export const mayAsk = (caller: Caller, permissions: Asking['permissions']): boolean =>
  permissions.length === 0 || permissions.some((permission) => holds(caller, permission))
