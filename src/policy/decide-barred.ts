import type { PhoneNumber, RatePlan } from '../directory/directory.ts'
import type { RateRecord } from '../directory/records.ts'
import { allow, type Decision, deny } from './decision.ts'

/**
 * Does the account's rate plan bar the number? What it does not mention, it does not bar. Emergency numbers are never barred; what
 * only might be one is, or premium numbers would be dialled in that disguise.
 */
export const decideBarred = (number: PhoneNumber, ratePlan: RatePlan | undefined): Decision<'barred'> => {
  const rate = ratePlan === undefined || number.emergency === 'plain' ? undefined : findRate(number.canonical, ratePlan)
  return rate !== undefined && 'barred' in rate
    ? deny('barred', "The account's rate plan bars this number; change the plan if the account should call it.")
    : allow
}

/** The rate with the longest matching prefix. */
export function findRate(number: string, ratePlan: RatePlan): RateRecord | undefined {
  const rates = ratesByPrefix(ratePlan)
  for (let length = number.length; length >= 0; length--) {
    const rate = rates.get(number.slice(0, length))
    if (rate !== undefined) return rate
  }
  return undefined
}

/** A plan of a wholesaler has tens of thousands of prefixes: each plan is indexed once. */
const indexes = new WeakMap<RatePlan, ReadonlyMap<string, RateRecord>>()

function ratesByPrefix(ratePlan: RatePlan): ReadonlyMap<string, RateRecord> {
  let index = indexes.get(ratePlan)
  if (index === undefined) {
    index = new Map(ratePlan.rates.map((rate) => [rate.prefix, rate]))
    indexes.set(ratePlan, index)
  }
  return index
}
