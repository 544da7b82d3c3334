import type { LegName } from '../call/call.ts'
import type { CallerId, LegTarget } from '../call/call-request.ts'
import type { Destination } from '../call/destination.ts'
import type { EndCause } from '../call/end-cause.ts'
import type { Refusal } from '../call/refusal.ts'
import type { LegDestination } from '../telephony/driver.ts'
import type { Hunt } from './hunt.ts'

/** Everything about one leg that was settled before the call was accepted. */
export interface LegPlan {
  /** As the client said it. */
  readonly target: LegTarget
  readonly destination: LegDestination | Hunt
  /** Whom the leg is for, as history and every API name it. */
  readonly party: Destination
  /** What a line is shown. */
  readonly callerId: CallerId
  /** What an outside number is shown. */
  readonly outsideCallerId: CallerId
  readonly autoAnswer: boolean
  readonly link?: string
  readonly ringSeconds: number
  /** How long one member of a hunt rings before the next does. */
  readonly memberRingSeconds: number
  /** Whom else to ring, as the line's owner would dial them, where the leg ends so. */
  readonly forwardOn: Partial<Record<EndCause, string>>
  /** The plan for whom the line or one of its phones names in its place, as its owner would dial; absent where nobody may be rung so. */
  readonly forward?: (dialled: string) => LegPlan | { readonly refusal: Refusal }
}

export interface CallPlan {
  readonly id: string
  readonly account: string
  /** The client's own id: of the account's calls that live, one alone may carry it. */
  readonly externalId?: string
  /** How long the two may talk at most, in seconds: a call that everybody forgot must end. */
  readonly longestSeconds: number
  /** ISO 3166 country of the account: its ringback is what the first party hears. */
  readonly country: string
  readonly legs: Readonly<Record<LegName, LegPlan>>
}
