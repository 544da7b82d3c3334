import type { EndCause } from '../../call/end-cause.ts'

/** Whom the response came from: on a phone 480 means that nobody is there, from a carrier it can mean much. */
export type FarSide = 'line' | 'trunk'

type CauseOnEachSide = Readonly<Record<FarSide, EndCause>>

const both = (cause: EndCause): CauseOnEachSide => ({ line: cause, trunk: cause })
const each = (line: EndCause, trunk: EndCause): CauseOnEachSide => ({ line, trunk })

/**
 * What a final response to an INVITE says (RFC 3261 section 21), from a phone of a line and from a carrier. A phone speaks for the
 * person who holds it. A carrier speaks for itself, but for what it can only know from the party that it rang: busy, no answer, and
 * a 6xx. Each row has its reason; docs/decisions/2026-11-27-carrier-refusals.md argues the hard ones.
 */
const byStatus: ReadonlyMap<number, CauseOnEachSide> = new Map([
  // The carrier says that it wants credentials: ours were wrong, or there are none. No phone has reason to ask for any.
  [401, each('failed', 'carrier-refused')],
  [407, each('failed', 'carrier-refused')],
  // Between us and the carrier.
  [402, each('failed', 'carrier-refused')],
  // A phone's user, or a list that they made, forbids the call. A carrier forbids caller ids, addresses and destinations.
  [403, each('rejected', 'carrier-refused')],
  // A phone that does not know itself by its line's name is set up otherwise; the line exists. From a carrier: no such number, or
  // no route of its own to it.
  [404, each('unavailable', 'invalid-number')],
  [410, each('unavailable', 'invalid-number')],
  [484, each('unavailable', 'invalid-number')],
  [485, each('unavailable', 'invalid-number')],
  [604, each('unavailable', 'invalid-number')],
  // Nobody is behind the phone's address. Behind a carrier, a server of its own did not respond.
  [408, each('unavailable', 'congestion')],
  // The phone is off the hook for nobody (do not disturb, logged out). A carrier says so of a mobile that does not answer.
  [480, each('unavailable', 'no-answer')],
  // RFC 5079: the person's phone takes no anonymous calls; the carrier takes none.
  [433, each('rejected', 'carrier-refused')],
  // Nobody here cancelled: what gave up was a timer of the far side's.
  [487, each('unavailable', 'congestion')],
  // Our SDP found no taker.
  [415, both('media-failed')],
  [488, both('media-failed')],
  [606, both('media-failed')],
  // The party is on the phone.
  [486, both('busy')],
  [600, both('busy')],
  // RFC 3261 section 21.6.2, RFC 8197 and RFC 8688: somebody, or something that speaks for them, does not want the call.
  [603, both('rejected')],
  [607, both('rejected')],
  [608, both('rejected')],
  // Not a want of capacity: the far side cannot do what it was asked, and never will.
  [501, each('failed', 'carrier-refused')],
  [505, each('failed', 'carrier-refused')],
  [513, each('failed', 'carrier-refused')],
  [580, each('failed', 'carrier-refused')],
  // A proxy in front of the phone does not reach it.
  [503, each('unavailable', 'congestion')],
  [504, each('unavailable', 'congestion')],
])

/** What a status that has no row of its own says, by its class (RFC 3261 section 8.1.3.2). */
const byClass: ReadonlyMap<number, CauseOnEachSide> = new Map([
  // A phone that is not where it was rung. A carrier's redirection is not followed: nobody here dialled whom it names, or pays for it.
  [3, each('unavailable', 'carrier-refused')],
  // The phone cannot read our request. The carrier does not take it, and says why in its own words.
  [4, each('failed', 'carrier-refused')],
  // A fault of the phone. A fault of the carrier that another carrier does not have.
  [5, each('failed', 'congestion')],
  [6, both('rejected')],
])

/** What such a response says once the party has been rung: nobody picked up before the far side's patience ended. */
const ranOut: ReadonlySet<number> = new Set([408, 480, 487])

/** The end cause that a status alone amounts to. */
export function causeOfStatus(status: number, farSide: FarSide, hasRung: boolean): EndCause {
  if (hasRung && ranOut.has(status)) return 'no-answer'
  return (byStatus.get(status) ?? byClass.get(Math.floor(status / 100)) ?? both('failed'))[farSide]
}

/** ITU-T Q.850 table 1; causes that the status tells as well are left to it. */
const byQ850: ReadonlyMap<number, CauseOnEachSide> = new Map([
  [1, both('invalid-number')],
  [3, both('invalid-number')],
  [17, both('busy')],
  [18, both('no-answer')],
  [19, both('no-answer')],
  [20, both('unavailable')],
  [21, both('rejected')],
  [22, both('invalid-number')],
  [28, both('invalid-number')],
  // Facility rejected, not subscribed, outgoing calls barred: between us and the carrier.
  [29, each('failed', 'carrier-refused')],
  [50, each('failed', 'carrier-refused')],
  [52, each('failed', 'carrier-refused')],
  [34, both('congestion')],
  [38, both('congestion')],
  [41, both('congestion')],
  [42, both('congestion')],
  [44, both('congestion')],
  [47, both('congestion')],
])

/** The end cause that a Q.850 cause amounts to, where it says more than the status. */
export const causeOfQ850 = (cause: number, farSide: FarSide): EndCause | undefined => byQ850.get(cause)?.[farSide]

/**
 * After these the next trunk is tried: they say something of the carrier, or of what it thinks that it knows of the number. What the
 * party itself decided is final: busy, no answer, a rejection.
 */
export const nextTrunkAfter: ReadonlySet<EndCause> = new Set([
  'congestion',
  'carrier-refused',
  'invalid-number',
  'media-failed',
  'unavailable',
  'failed',
])
