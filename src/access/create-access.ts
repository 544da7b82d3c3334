import type { Credential } from '../directory/credential.ts'
import type { Access, Authentication } from './access.ts'
import type { Admit } from './admit-request.ts'
import { ApiSession, type SessionSources } from './api-session.ts'
import { type Asking, callerOf, mayAsk } from './caller.ts'
import type { Identify } from './identify.ts'

export interface AccessSources extends SessionSources {
  readonly identify: Identify
  readonly admit: Admit
}

/** The one chain that every request of every dialect goes through: who asks, with which permission, from where, within which limits. */
export function createAccess(sources: AccessSources): Access {
  const { identify, admit, directory } = sources
  const open = (credential: Credential | undefined, asking: Asking): Authentication => {
    if (credential === undefined) return { denial: { reason: 'unknown' } }
    const caller = callerOf(credential, directory)
    if (!mayAsk(caller, asking.permissions)) {
      return { denial: { reason: 'permission-missing', credential: caller.name } }
    }
    const denial = admit(caller, asking.from)
    return denial === undefined ? { session: new ApiSession(caller, asking, sources) } : { denial }
  }
  return {
    authenticateKey: (secret, asking) =>
      open(secret === undefined ? undefined : identify.byKey(secret, asking.from), asking),
    authenticateUser: async (login, asking) =>
      open(login === undefined ? undefined : await identify.byPassword(login, asking.from), asking),
  }
}
