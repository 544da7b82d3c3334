import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber as ParsedNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import { type DialledFault, readDialled } from '../call/read-dialled.ts'
import type { DialledNumber, PhoneNumber } from './directory.ts'
import { isEmergencyNumber, mayReachEmergency } from './emergency-numbers.ts'
import { findSharedBeginning, internationalPrefixOf, nationalPrefixOf } from './numbering-plan.ts'

/** What people write between digits. A line break is none of it: it has no business in a number. */
const separators = /[ ().\-/]/g
const dialable = /^(?:\+[0-9]{2,20}|[0-9*#]{1,20})$/
/**
 * A national number that the numbering plan does not know yet is taken for one from this length on, if it can be one at all; below,
 * for a short code.
 */
const shortestUnknownNumber = 7
/** ITU-T E.164 section 6: no international number is longer. */
const longestNumber = 15

/**
 * What characters mean, dialled in a country: E.164 where the number has such a form, the bare digits where it is a short code,
 * a service or an emergency number. A number that the country's plan says cannot exist is refused with what is wrong; one that is
 * only unknown is taken. Nothing but digits, a leading plus, `*` and `#` comes out.
 */
export function parseDialledNumber(characters: string, country: string): DialledNumber {
  const read = readDialled(characters)
  if ('fault' in read) return read
  const bare = withoutSeparators(read.text)
  if (!dialable.test(bare)) return notANumber
  // Before all else: some numbering plans could take the digits for the beginning of something longer.
  if (isEmergencyNumber(bare, country)) return { number: { canonical: bare, emergency: 'plain' } }
  const canonical = canonicalNumber(bare, country)
  if (typeof canonical !== 'string') return { fault: canonical }
  return { number: { canonical, emergency: isDisguised(canonical, country) && 'disguised' } }
}

/** The digits, as they are dialled. */
export const withoutSeparators = (text: string): string => text.replace(separators, '')

function canonicalNumber(bare: string, country: string): string | DialledFault {
  if (/[*#]/.test(bare)) return bare.replace(/[*#]/g, '').length < shortestUnknownNumber ? bare : notANumber.fault
  const parsed = parseCached(bare, country)
  if (parsed?.isValid() === true) return parsed.number
  if (parsed === undefined) {
    const brokenOff = findBrokenOffAbroad(bare, country)
    if (brokenOff !== undefined) return brokenOff
    if (bare.startsWith('+')) return unknownCountryCode
    return bare.length > longestNumber ? notANumber.fault : bare
  }
  const renumbered = withoutAbolishedPrefix(parsed, country)
  if (renumbered !== undefined) return renumbered
  const national = nationalDigits(bare, parsed, country)
  const judged = judgeLength(national, parsed)
  if (!bare.startsWith('+') && bare.length < shortestUnknownNumber) {
    const brokenOff = findBrokenOffAbroad(bare, country)
    if (brokenOff !== undefined) return brokenOff
    return isBrokenOff(judged, bare, national, country) ? describeFault(judged, bare, national, parsed) : bare
  }
  const wrongPrefix = findWrongPrefix(bare, country)
  if (wrongPrefix !== undefined) return wrongPrefix
  if (isLocal(judged, bare, national, parsed, country)) return noAreaCode(bare)
  if (judged.verdict === 'possible') return `+${parsed.countryCallingCode}${national}`
  // A code by which a carrier is chosen, or the caller's number withheld, before an emergency number: `1831000`. It is dialled as
  // it stands, or not at all. Subscribers' numbers begin with no 1, so that nobody's number is taken for one.
  if (bare.startsWith('1') && mayReachEmergency(bare, country)) return bare
  return describeFault(judged, bare, national, parsed)
}

/**
 * Prefixes that a country has abolished, by its calling code. Address books and messengers keep them for years: what stands behind
 * them is the number.
 */
const abolishedPrefixes: ReadonlyMap<string, RegExp> = new Map([
  // Mexico in 2019: 1 between the code of the country and a mobile number; 01, 044 and 045 at home.
  ['52', /^(?:0?1|044|045)(\d{10})$/],
])

function withoutAbolishedPrefix(parsed: ParsedNumber, country: string): string | undefined {
  const [, number] = abolishedPrefixes.get(parsed.countryCallingCode)?.exec(parsed.nationalNumber) ?? []
  if (number === undefined) return undefined
  const whole = parseCached(`+${parsed.countryCallingCode}${number}`, country)
  return whole?.isValid() === true ? whole.number : undefined
}

const callingCodes = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))]

/**
 * The prefix for abroad, and behind it so little that the library makes no number of it, or the whole is no longer than a short code:
 * `001161`, `+61`. No short code begins so.
 */
function findBrokenOffAbroad(bare: string, country: string): DialledFault | undefined {
  const prefix = bare.startsWith('+') ? '+' : isSupportedCountry(country) ? internationalPrefixOf(country) : undefined
  if (prefix === undefined || !bare.startsWith(prefix)) return undefined
  const behind = bare.slice(prefix.length)
  const hasCode = callingCodes.some((code) => code.startsWith(behind) || behind.startsWith(code))
  if (!hasCode || behind.length > longestNumber) return undefined
  // An exchange that knows no prefix may take the end for an emergency number: `00112`. It is judged as one.
  if (prefix !== '+' && mayReachEmergency(bare, country)) return undefined
  const message = `The number ${bare} is too short: a country's code and a whole number must stand behind ${prefix}.`
  return { kind: 'too-short', message }
}

/** Codes of two digits behind the prefix are services in some countries (`018`): no number is taken for broken off before three. */
const shortestBeginning = 3

/** Dialled as a whole number is, from the prefix on, and broken off: `04123`. Any other short code is taken as it stands. */
const isBrokenOff = ({ verdict, shared }: JudgedLength, bare: string, national: string, country: string): boolean =>
  verdict === 'too-short' &&
  bare === prefixOf(country) + national &&
  bare !== national &&
  shared === national.length &&
  shared >= shortestBeginning

/**
 * A subscriber's number without its area code, at home. Services are dialled without the prefix too, and begin with 1. Where the
 * prefix may be left out (North America) the number is whole if its length is right.
 */
function isLocal(
  { verdict, shared }: JudgedLength,
  bare: string,
  national: string,
  parsed: ParsedNumber,
  country: string,
): boolean {
  const prefix = prefixOf(country)
  const lacksPrefix = prefix !== '' && bare === national && !/^[01]/.test(bare)
  if (!lacksPrefix || verdict === 'too-long' || parsed.countryCallingCode !== callingCodeOf(country)) return false
  return verdict !== 'possible' || (prefix === '0' && shared < shortestBeginning)
}

/** Without the prefix that is dialled before a national number: the library leaves it where it makes nothing of the rest. */
function nationalDigits(bare: string, { nationalNumber, countryCallingCode }: ParsedNumber, country: string): string {
  const prefix = prefixOf(country)
  const isLeft = prefix !== '' && bare === nationalNumber && bare.startsWith(prefix)
  // In some countries numbers begin with the digit of the prefix.
  if (!isLeft || findSharedBeginning(nationalNumber, countryCallingCode).shared > 0) return nationalNumber
  return bare.slice(prefix.length)
}

interface JudgedLength {
  readonly verdict: 'possible' | 'too-short' | 'too-long' | 'not-a-number'
  /** How many digits the numbers have that begin so. */
  readonly lengths: readonly number[]
  readonly shared: number
}

/** Whether there could be such a number, which the plan does not know. */
function judgeLength(national: string, parsed: ParsedNumber): JudgedLength {
  const found = findSharedBeginning(national, parsed.countryCallingCode)
  const longest = found.lengths.at(-1)
  if (longest !== undefined) {
    if (found.lengths.includes(national.length)) return { verdict: 'possible', ...found }
    return { verdict: national.length < longest ? 'too-short' : 'too-long', ...found }
  }
  // No number begins so. Behind its country code the length alone can be judged, but a second prefix is never part of a number.
  const isPossible = !national.startsWith('0') && parsed.isPossible()
  return { verdict: isPossible ? 'possible' : 'not-a-number', ...found }
}

/** Dialled from a list that was made in another country: `0061412345678` where the prefix for abroad is 0011. */
function findWrongPrefix(bare: string, country: string): DialledFault | undefined {
  if (!bare.startsWith('00') || !isSupportedCountry(country)) return undefined
  const prefix = internationalPrefixOf(country)
  if (prefix === '00' || bare.startsWith(prefix)) return undefined
  const meant = parseCached(`+${bare.slice(2)}`, country)
  if (meant === undefined || judgeLength(meant.nationalNumber, meant).verdict !== 'possible') return undefined
  const message = `Numbers abroad are dialled with ${prefix} in ${country}, not with 00; write ${meant.number}.`
  return { kind: 'wrong-prefix', message }
}

/** A number that the numbering plan knows is what it is; of any other, a carrier may make an emergency number (`+2710111`). */
function isDisguised(canonical: string, country: string): boolean {
  if (!canonical.startsWith('+')) return mayReachEmergency(canonical, country)
  const parsed = parseCached(canonical, country)
  if (parsed?.isValid() !== false) return false
  // A whole number abroad stands behind the code of its country, by which no exchange at home takes its end for its own.
  const isAbroad = parsed.countryCallingCode !== callingCodeOf(country)
  if (isAbroad && parsed.nationalNumber.length > shortestUnknownNumber) return false
  return mayReachEmergency(parsed.nationalNumber, parsed.country ?? country)
}

const prefixOf = (country: string): string => (isSupportedCountry(country) ? nationalPrefixOf(country) : '')

const callingCodeOf = (country: string): string | undefined =>
  isSupportedCountry(country) ? getCountryCallingCode(country) : undefined

const notANumber = {
  fault: {
    kind: 'not-a-number',
    message: 'This is neither a line of the account nor a telephone number; check it, with its country and area code.',
  },
} as const satisfies DialledNumber

const unknownCountryCode: DialledFault = {
  kind: 'unknown-country-code',
  message: 'No country has this calling code; check the digits behind the plus sign.',
}

const noAreaCode = (bare: string): DialledFault => ({
  kind: 'no-area-code',
  message: `The number ${bare} lacks its area code, or some of its digits; write all of it, with its area code.`,
})

/** With the digits that the person wrote, so that they can be counted. */
function describeFault(judged: JudgedLength, bare: string, national: string, { country }: ParsedNumber): DialledFault {
  const { verdict, lengths } = judged
  if (verdict !== 'too-short' && verdict !== 'too-long') return notANumber.fault
  const digits = bare.replace('+', '').length
  const counts = lengths.map((length) => String(length + digits - national.length))
  const last = counts.pop() ?? ''
  const expected = counts.length === 0 ? last : `${counts.join(', ')} or ${last}`
  const where = country === undefined ? '' : ` of ${country}`
  const what = verdict === 'too-short' ? 'too short' : 'too long'
  const message = `The number ${bare} is ${what}: it has ${digits} digits, and numbers${where} that begin so have ${expected}.`
  return { kind: verdict, message }
}

/** A parse takes about 10 µs, and a call asks for the same number several times. */
const cacheSize = 4096
const cache = new Map<string, ParsedNumber | undefined>()

/** The library's reading, remembered. */
export function parseCached(number: string, country: string): ParsedNumber | undefined {
  const key = `${country} ${number}`
  if (cache.has(key)) return cache.get(key)
  const parsed = isSupportedCountry(country)
    ? parsePhoneNumberFromString(number, country)
    : parsePhoneNumberFromString(number)
  if (cache.size >= cacheSize) cache.clear()
  cache.set(key, parsed)
  // Whoever asks for a dialled number asks for its international form next, which means the same.
  if (parsed !== undefined) cache.set(`${country} ${parsed.number}`, parsed)
  return parsed
}

/** The number that characters mean, where it does not matter why they mean none. */
export function phoneNumberOf(dialled: DialledNumber): PhoneNumber | undefined {
  return 'number' in dialled ? dialled.number : undefined
}
