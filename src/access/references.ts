import type { Account, Directory } from '../directory/directory.ts'
import { timeZoneOfCountry } from '../directory/time-zone.ts'

/** An account, as vendors refer to it: by a number or by its name. */
export interface AccountReference {
  readonly id: number
  readonly name: string
  /** The account that it is directly below. */
  readonly parent?: { readonly name: string; readonly id: number }
  /** ISO 3166-1 alpha-2. */
  readonly country?: string
  /** IANA name: in which times without a zone are read and shown. */
  readonly timeZone?: string
  /** Credit, in `currency` (ISO 4217), where the account has any. */
  readonly balance?: number
  readonly currency?: string
}

export interface LineReference {
  readonly account: string
  /** The short extension. */
  readonly number: string
  readonly fullNumber?: string
  readonly name?: string
  /** The outside number that its calls show, E.164. */
  readonly callerId?: string
  /** Whom to ring in its place, as its phones would dial them. */
  readonly forward?: Readonly<Partial<Record<'noAnswer' | 'busy' | 'unavailable', string | undefined>>>
}

/** A phone that is registered now. */
export interface RegisteredPhone {
  readonly account: string
  readonly line: string
  readonly contact: string
  readonly userAgent?: string
  /** False while it does not answer. */
  readonly reachable: boolean
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export function accountReference(
  account: Account,
  directory: Pick<Directory, 'account' | 'ratePlan'>,
): AccountReference {
  const { id, name, country, balance, timeZone = timeZoneOfCountry(country) } = account
  const parent = account.parent === undefined ? undefined : directory.account(account.parent)
  const currency = directory.ratePlan(name)?.currency
  return {
    id,
    name,
    country,
    timeZone,
    ...(parent === undefined ? {} : { parent: { name: parent.name, id: parent.id } }),
    ...(balance === undefined ? {} : { balance }),
    ...(currency === undefined ? {} : { currency }),
  }
}
