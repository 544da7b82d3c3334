/** Whom a leg is to reach, as the client said it; `orchestrator/resolve` turns it into a {@link LegDestination}. */
export type LegTarget =
  /** A line of the account, by its extension or full number: every phone registered to it rings. */
  | { readonly kind: 'line'; readonly value: string }
  /** Whatever a phone of the account would reach by dialling these characters: a line, a feature code, an outside number. */
  | { readonly kind: 'dial'; readonly value: string }
  /** An outside number, dialled through a trunk, never read as an internal one. */
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'queue'; readonly value: string }
  | { readonly kind: 'context'; readonly value: string }
  | { readonly kind: 'user'; readonly value: string }

export type LegTargetKind = LegTarget['kind']

/**
 * How much a client wants what not every driver can do: `required` was asked for, and is refused where it cannot be had;
 * `preferred` is a vendor's default, and is left out there.
 */
export type Wish = 'required' | 'preferred'

/** The caller id that a leg is shown. Neither part may carry control characters; both are data, never header text. */
export interface CallerId {
  readonly name?: string
  readonly number?: string
}

export interface LegRequest {
  readonly target: LegTarget
  /** Ask the leg's phone to answer by itself. */
  readonly autoAnswer?: boolean
  readonly callerId?: CallerId
  /** The number of `callerId` must be one that the account may show, to a party inside too, who may be shown any otherwise. */
  readonly ownCallerId?: true
  /** A web page about the call, absolute and encoded, for the screen of the leg's phone. */
  readonly link?: string
  /** How long this leg may ring, in seconds; the server's default otherwise. */
  readonly ringSeconds?: number
  /** The trunk that an outside number is to be dialled through, by name; the account's trunks in their order otherwise. */
  readonly trunk?: string
  /** This party must accept the call by a digit before it is connected. */
  readonly screen?: Wish
  /** This party hears a tone before the account's credit cuts the call off. */
  readonly warnBeforeCutOff?: Wish
}

/**
 * The canonical request: every dialect's words become this, and nothing behind the dialects knows a vendor's.
 */
export interface CallRequest {
  /** The account that places the call (its unique name). */
  readonly account: string
  readonly first: LegRequest
  readonly second: LegRequest
  /** Seconds between acceptance and the first ring; 0 for at once. Survives a restart. */
  readonly delaySeconds: number
  /** The client's own id of the call: unique in the account while the call lives. */
  readonly externalId?: string
  /** The prepaid card to bill, by its number; the account itself otherwise. */
  readonly card?: string
  /** Records the call into this group, by its id. */
  readonly recordGroup?: number
  /** Nobody else is rung in a party's place: neither a forward of the line nor a 302 of its phone is followed. */
  readonly noForwards?: boolean
  /** Free-form variables, stored on the call; a context's steps may depend on them. */
  readonly variables: Readonly<Record<string, string>>
  /**
   * Which dialect it came in by, and by which credential (its name, never its secret); of which account, where that is one above
   * the call's.
   */
  readonly origin: {
    readonly dialect: string
    readonly credential: string
    readonly account?: string
    /** The caller ids of the request are shown as asked: the server's owner trusts whoever asks. */
    readonly trustsCallerIds?: true
  }
}
