import type { Directory } from '../directory/directory.ts'
import { mayBeUsedFrom } from '../policy/decide-origin.ts'
import type { Asking } from './access.ts'
import { type Caller, callerOf, holds } from './caller.ts'

/**
 * Whether the credential that was shown is still there, with the same secret, and may ask the same from there; `maySee` says
 * whether what it is told of is still its business.
 */
export function isStillAllowed(
  before: Caller,
  { permissions, from }: Pick<Asking, 'permissions' | 'from'>,
  directory: Directory,
  maySee: (now: Caller) => boolean,
): boolean {
  const credential = directory
    .listCredentials(before.account)
    .find((one) => one.kind === before.kind && one.name === before.name && one.secretId === before.secretId)
  const account = directory.account(before.account)
  if (credential === undefined || account === undefined) return false
  const now = callerOf(credential, directory)
  return mayAsk(now, permissions) && mayBeUsedFrom(account, from) && maySee(now)
}

/** One of the permissions will do; where none is needed, whoever is known may ask. */
export const mayAsk = (caller: Caller, permissions: Asking['permissions']): boolean =>
  permissions.length === 0 || permissions.some((permission) => holds(caller, permission))
