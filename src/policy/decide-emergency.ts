import type { Account, PhoneNumber } from '../directory/directory.ts'
import { allow, type Decision, deny } from './decision.ts'

/**
 * An emergency call is made by a person in need on the phone at hand. A program that dials one is nearly always a mistake, and
 * brings help to the wrong place: the account has to say that it means it.
 */
export const decideEmergency = (number: PhoneNumber, account: Pick<Account, 'emergencyCalls'>): Decision<'barred'> =>
  number.emergency !== false && !account.emergencyCalls
    ? deny('barred', 'Emergency numbers are not called by API unless the account allows it; dial them on a phone.')
    : allow
