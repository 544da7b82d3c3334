import { type EndCause, type EndCauseEntry, endCauses } from './end-cause.ts'

const wrongCredentials =
  'The carrier does not accept the username and password of this trunk, or the trunk has none; check both in the configuration.'
const unprovenCallerId =
  'The carrier could not verify the caller id; show a number that the carrier knows as yours, and ask it how it wants it signed.'

/** What to fix where a carrier refused the call, by the status that it sent (RFC 3261 section 21 and those named here). */
const refusals: ReadonlyMap<number, string> = new Map([
  [401, wrongCredentials],
  [407, wrongCredentials],
  [402, 'The carrier wants to be paid before it takes the call; top up your credit there.'],
  [
    403,
    'The carrier does not allow this call. Most often it does not accept the caller id: show a number that it knows as yours. Otherwise ask it whether this destination, and this address of yours, are enabled.',
  ],
  // RFC 8224 section 6.2.2.
  [428, unprovenCallerId],
  [436, unprovenCallerId],
  [437, unprovenCallerId],
  [438, unprovenCallerId],
  // RFC 5079.
  [433, 'The carrier takes no anonymous calls; give the call a caller id, or the account callerIds.'],
])

const pointsElsewhere =
  'The carrier points to another address; if the call should go there, make that the address of the trunk.'

/**
 * What an end means and what to do about it. `sipStatus` is what a carrier that refused the call answered: with it the entry of
 * `carrier-refused` says what exactly to fix.
 */
export function describeEnd(cause: EndCause, sipStatus?: number): EndCauseEntry {
  const entry = endCauses[cause]
  if (cause !== 'carrier-refused' || sipStatus === undefined) return entry
  const advice = refusals.get(sipStatus) ?? (sipStatus < 400 ? pointsElsewhere : entry.advice)
  return { ...entry, sipStatus, advice }
}
