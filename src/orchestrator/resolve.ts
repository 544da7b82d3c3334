import type { CallerId, LegTarget } from '../call/call-request.ts'
import type { Refusal } from '../call/refusal.ts'
import type { LegDestination, LineAddress, TrunkAddress } from '../telephony/driver.ts'

/** The part of the directory that a dial plan needs. */
export interface DialPlanDirectory {
  /** A line of the account by its extension or its full number. */
  findLine(account: string, number: string): (LineAddress & { readonly name?: string }) | undefined
  /** What the characters mean as a telephone number of the account's country; undefined if they cannot be one. */
  parseNumber(account: string, digits: string): PhoneNumber | undefined
  /** Trunks that carry the number for the account, in the order in which to try them, each with the number in its own format. */
  trunksFor(account: string, number: PhoneNumber): readonly (TrunkAddress & { readonly dialString: string })[]
}

export interface PhoneNumber {
  /** E.164 with the plus sign where the number has such a form, the bare digits otherwise (short codes). */
  readonly canonical: string
}

export interface ResolvedLeg {
  readonly destination: LegDestination
  /** For people and history: `line 101`, `+61412345678`. */
  readonly label: string
  /** What the other party is shown when this leg's party calls. */
  readonly identity: CallerId
  /** Present where the leg leaves the house: what policy decides about. */
  readonly outside?: PhoneNumber
}

export type Resolution = { readonly resolved: ResolvedLeg } | { readonly refusal: Refusal }
