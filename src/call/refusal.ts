/** Why a request for a call was not accepted: a closed catalogue, each dialect gives every code its own words. */
export type RefusalCode =
  /** The leg names no line of the account. */
  | 'line-not-found'
  | 'account-not-found'
  | 'queue-not-found'
  | 'context-not-found'
  | 'user-not-found'
  | 'trunk-not-found'
  | 'card-not-found'
  | 'record-group-not-found'
  /** The first party's line has no phone registered. */
  | 'unavailable'
  /** The second party, or whom a redirection names, is a queue or the like, and nobody of it is there and free; nobody can wait yet. */
  | 'nobody-free'
  /** The characters are no telephone number, or hold what no number may hold. */
  | 'invalid-number'
  /** The account may not call that number. */
  | 'barred'
  | 'caller-id-not-allowed'
  /** The server, or the account, has nothing set up for what was asked (a trunk, a queue, a context, a driver's ability). */
  | 'not-configured'
  /** The driver cannot do what was asked for (screening, recording). */
  | 'not-supported'
  | 'external-id-in-use'
  | 'idempotency-key-reused'
  | 'limit-exceeded'
  /** The server is stopping. */
  | 'shutting-down'

/** What is wrong with a telephone number. */
export type NumberFault =
  | 'not-a-number'
  | 'too-short'
  | 'too-long'
  | 'no-area-code'
  /** It begins as numbers abroad are dialled in other countries: `00` where this one dials `0011`. */
  | 'wrong-prefix'
  | 'unknown-country-code'
  /** An extension stands behind it, which would have to be dialled after the answer. */
  | 'extension'

export interface Refusal {
  readonly code: RefusalCode
  /** One sentence for a person, with what to fix. Never holds a credential. */
  readonly message: string
  /** The part of the request at fault, as a JSON pointer into the canonical request: `/first/target`. */
  readonly pointer?: string
  /** Of an `invalid-number`. */
  readonly numberFault?: NumberFault
  readonly retryAfterSeconds?: number
}
