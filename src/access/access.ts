import type { ApiSession } from './api-session.ts'
import type { Asking } from './caller.ts'

/** A dialect hands in what a client showed, and gets a session or the reason why there is none. */
export interface Access {
  /** By an API key or token; takes the same time whether or not there is such a one. */
  authenticateKey(secret: string | undefined, asking: Asking): Authentication
  /**
   * By a user's name and password, which takes as long for a name that does not exist. Rejects with an `UnavailableError` where
   * too many are asking, or too many wrong passwords came from there.
   */
  authenticateUser(login: Login | undefined, asking: Asking): Promise<Authentication>
}

/** Who a request claims to come from. */
export interface Login {
  readonly name: string
  readonly password: string
  /** Where the request must be signed as well: what was sent, and whether one of the account's API keys made it. */
  readonly signature?: { readonly given: string; readonly isRight: (keys: readonly string[]) => boolean }
}

export type Authentication = { readonly session: ApiSession } | { readonly denial: Denial }

/** Why there is no session, in the order of the checks. Each vendor has its own words for each. */
export type Denial =
  /** Nothing was shown, or nothing that is known. */
  | { readonly reason: 'unknown' }
  | { readonly reason: 'permission-missing'; readonly credential: string }
  /** The account may not be used from this network or under this host name. */
  | { readonly reason: 'not-from-here' }
  | { readonly reason: 'limit-exceeded'; readonly retryAfterSeconds: number }
