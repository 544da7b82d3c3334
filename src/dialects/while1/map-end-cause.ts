import type { EndCause } from '../../call/end-cause.ts'

interface VendorCause {
  /** How the call ended, for who asks by its external_id. */
  readonly outcome: string
  /** What a request that waited hears where the first leg was never answered. */
  readonly message: string
}

/** "Ours", in the vendor's style of two sentences: what is wrong, and what to look at. */
const vendorCauses: Readonly<Record<EndCause, VendorCause>> = {
  completed: { outcome: 'completed', message: 'No answer. Check if user is at the phone' },
  busy: { outcome: 'busy', message: 'User busy. Check if user is in another call' },
  rejected: { outcome: 'rejected', message: 'Call rejected. Check if user wants to take calls' },
  'no-answer': { outcome: 'no_answer', message: 'No answer. Check if user is at the phone' },
  unavailable: { outcome: 'unavailable', message: 'User not online. Check if phone of user is registered and free' },
  'invalid-number': { outcome: 'invalid_number', message: 'Call failed. Check if number of user exists' },
  barred: { outcome: 'barred', message: 'Call failed. Check if project may call number of user' },
  'screened-out': { outcome: 'screened_out', message: 'Call rejected. Check if user wants to take calls' },
  'credit-exhausted': { outcome: 'credit_exhausted', message: 'Call failed. Check if project has credit' },
  cancelled: { outcome: 'cancelled', message: 'Call cancelled. Check who hung it up before user answered' },
  congestion: { outcome: 'congestion', message: 'Call failed. Check if pbx trunk has free capacity' },
  'carrier-refused': { outcome: 'carrier_refused', message: 'Call failed. Check if pbx trunk may call number of user' },
  'media-failed': { outcome: 'media_failed', message: 'Call failed. Check if phone of user has a codec of pbx' },
  interrupted: { outcome: 'interrupted', message: 'Call interrupted. Check if pbx is running and originate again' },
  failed: { outcome: 'failed', message: 'Call failed. Check events of the call in pbx' },
}

export const mapEndCause = (cause: EndCause): VendorCause => vendorCauses[cause]
