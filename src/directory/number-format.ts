import {
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber as ParsedNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import type { PhoneNumber } from './directory.ts'
import { isEmergencyNumber, mayReachEmergency } from './emergency-numbers.ts'
import type { NumberFormat } from './records.ts'

/** What people write between digits. A line break is none of it: it has no business in a number. */
const separators = /[ ().\-/\u00a0]/g
const longestInput = 64
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
 * a service or an emergency number; undefined where they can be neither. Nothing but digits, a leading plus, `*` and `#`
 * comes out.
 */
export function parsePhoneNumber(characters: string, country: string): PhoneNumber | undefined {
  if (characters.length > longestInput) return undefined
  const bare = characters.replace(separators, '')
  if (!dialable.test(bare)) return undefined
  // Before all else: some numbering plans could take the digits for the beginning of something longer.
  if (isEmergencyNumber(bare, country)) return { canonical: bare, emergency: 'plain' }
  const canonical = canonicalNumber(bare, country)
  if (canonical === undefined) return undefined
  return { canonical, emergency: isDisguised(canonical, country) && 'disguised' }
}

/** A canonical number as a trunk wants it: `+61412345678`, `0412345678` (`0011…` for abroad), `61412345678`. */
export function formatNumber(canonical: string, format: NumberFormat, country: string): string {
  if (!canonical.startsWith('+') || format === 'e164') return canonical
  if (format === 'plain') return canonical.slice(1)
  const parsed = parseCached(canonical, country)
  if (parsed === undefined) return canonical
  const dialled = parsed.country === country ? parsed.formatNational() : formatAbroad(parsed, country)
  return dialled.replace(/[^0-9]/g, '')
}

/** With the prefix that the country dials for abroad: `0011`, `011`; `00` where none is known (ITU-T E.164 recommends it). */
const formatAbroad = (parsed: ParsedNumber, country: string): string =>
  (isSupportedCountry(country) ? parsed.format('IDD', { fromCountry: country }) : undefined) ?? `00${parsed.number}`

function canonicalNumber(bare: string, country: string): string | undefined {
  if (/[*#]/.test(bare)) return bare.replace(/[*#]/g, '').length < shortestUnknownNumber ? bare : undefined
  const parsed = parseCached(bare, country)
  const international = bare.startsWith('+')
  if (parsed?.isValid() === true) return parsed.number
  if (parsed !== undefined && (international || bare.length >= shortestUnknownNumber)) {
    return parsed.isPossible() ? parsed.number : undefined
  }
  return international || bare.length > longestNumber ? undefined : bare
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

const callingCodeOf = (country: string): string | undefined =>
  isSupportedCountry(country) ? getCountryCallingCode(country) : undefined

/** A parse takes about 10 µs, and a call asks for the same number several times. */
const cacheSize = 4096
const cache = new Map<string, ParsedNumber | undefined>()

function parseCached(number: string, country: string): ParsedNumber | undefined {
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
