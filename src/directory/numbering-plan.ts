import { type CountryCode, getCountries, getCountryCallingCode, Metadata } from 'libphonenumber-js/max'
import { type LengthPattern, lengthsOfPattern, parseLengthPattern } from './length-pattern.ts'

/** The kinds of numbers that a plan describes, each by a pattern and its lengths. */
const types = [
  ...['FIXED_LINE', 'MOBILE', 'TOLL_FREE', 'PREMIUM_RATE', 'SHARED_COST', 'PERSONAL_NUMBER', 'UAN', 'VOIP', 'PAGER'],
  'VOICEMAIL',
] as const

/** What libphonenumber's metadata tells of a plan beside what its types declare. */
interface DescribedPlan {
  nationalPrefix(): string | undefined
  IDDPrefix(): string | undefined
  defaultIDDPrefix(): string | undefined
  type(name: string): { pattern(): string; possibleLengths(): readonly number[] } | undefined
}

interface NumberType {
  readonly pattern: LengthPattern
  /** A bit for each length. */
  readonly lengths: number
}

/** The numbers that share most of a beginning. */
export interface SharedBeginning {
  /** How many digits they have, in rising order; none where no number begins with the first digit. */
  readonly lengths: readonly number[]
  /** How many digits they share with what was asked about. */
  readonly shared: number
}

/**
 * The numbers that begin as `digits` do (a national number, without the prefix that is dialled before it), in all countries of
 * the calling code.
 */
export function findSharedBeginning(digits: string, callingCode: string): SharedBeginning {
  const numberTypes = typesOf(callingCode)
  for (let shared = digits.length; shared > 0; shared--) {
    const beginning = digits.slice(0, shared)
    const found = numberTypes.reduce(
      (lengths, type) => lengths | (lengthsOfPattern(type.pattern, beginning) & type.lengths),
      0,
    )
    if (found !== 0) return { lengths: bitsOf(found), shared }
  }
  return { lengths: [], shared: 0 }
}

/** What is dialled before a national number at home: `0`, `1`; none in many countries. */
export const nationalPrefixOf = (country: CountryCode): string => planOf(country)?.nationalPrefix() ?? ''

/** What is dialled before a number abroad: `0011`, `011`; `00` where the plan names none (ITU-T E.164 recommends it). */
export function internationalPrefixOf(country: CountryCode): string {
  const plan = planOf(country)
  // The metadata has a pattern for all prefixes; where that is not one prefix itself, it names the usual one.
  const prefixes = plan?.IDDPrefix() ?? ''
  const usual = /^[0-9]+$/.test(prefixes) ? prefixes : (plan?.defaultIDDPrefix() ?? '')
  return usual.replace(/[^0-9]/g, '') || '00'
}

const typesByCallingCode = new Map<string, readonly NumberType[]>()

function typesOf(callingCode: string): readonly NumberType[] {
  const known = typesByCallingCode.get(callingCode)
  if (known !== undefined) return known
  const countries = getCountries().filter((country) => getCountryCallingCode(country) === callingCode)
  const found = countries.flatMap((country) => types.flatMap((name) => numberType(planOf(country)?.type(name))))
  // Only calling codes that exist come here, so that the map is bounded.
  if (countries.length > 0) typesByCallingCode.set(callingCode, found)
  return found
}

const numberType = (described: ReturnType<DescribedPlan['type']>): readonly NumberType[] =>
  described === undefined
    ? []
    : [
        {
          pattern: parseLengthPattern(described.pattern()),
          lengths: described.possibleLengths().reduce((bits, length) => bits | (1 << length), 0),
        },
      ]

function planOf(country: CountryCode): DescribedPlan | undefined {
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  return metadata.numberingPlan as unknown as DescribedPlan | undefined
}

const bitsOf = (bits: number): readonly number[] =>
  Array.from({ length: 31 }, (_, bit) => bit).filter((bit) => (bits & (1 << bit)) !== 0)
