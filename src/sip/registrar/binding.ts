import type { Destination } from '../transport/destination.ts'

/** One contact of an address-of-record (RFC 3261 section 10): where one phone of a line can be reached until `expiresAt`. */
export interface Binding {
  /** The line, by the key that the registrar's `lookupLine` gave it. */
  readonly aor: string
  /** What goes into the Request-URI. */
  readonly contactUri: string
  /** Where the phone's REGISTER came from: requests go back the same way (RFC 3581, RFC 5626). */
  readonly destination: Destination
  readonly userAgent?: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Preference among the contacts, 0 to 1 (RFC 3261 section 20.10). */
  readonly q: number
  /** `+sip.instance` and `reg-id` (RFC 5626 section 4.1). */
  readonly instanceId?: string
  readonly registrationId?: number
  /** Call-ID and CSeq number of the REGISTER that set this binding: an older one is refused (RFC 3261 section 10.3). */
  readonly callId: string
  readonly sequence: number
  /** When that REGISTER was taken, in milliseconds since the epoch. Absent in what an older version wrote. */
  readonly registeredAt?: number
  /** Stands for the line's secret of that time: a binding does not outlive it. Absent in what an older version wrote. */
  readonly secretMark?: string
  /** The phone has answered an OPTIONS before: when it no longer does, it is not there. */
  readonly answersOptions?: true
}

/**
 * `unregistered`: the phone asked for it. `replaced`: by a newer contact of the line. `withdrawn`: the line is no more, or its
 * secret has changed.
 */
export type RemovalReason = 'unregistered' | 'replaced' | 'expired' | 'withdrawn'

export type BindingChange =
  | { readonly type: 'added' | 'refreshed'; readonly binding: Binding }
  | { readonly type: 'removed'; readonly binding: Binding; readonly reason: RemovalReason }
