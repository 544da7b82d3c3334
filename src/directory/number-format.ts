import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { NumberFormat } from './records.ts'

/** What people write between digits. */
const separators = /[\s().\-/]/g
const dialable = /^\+?[0-9]{2,20}$|^[0-9*#]{1,20}$/

/** Emergency numbers, by country; 112 and 911 are understood by networks everywhere. */
const emergencyNumbers: Readonly<Record<string, readonly string[]>> = {
  AU: ['000', '106'],
  GB: ['999'],
  NZ: ['111'],
  ZA: ['10111', '10177'],
  FR: ['15', '17', '18', '114'],
  DE: ['110'],
  IN: ['100', '101', '102', '108'],
  JP: ['110', '118', '119'],
}
const emergencyEverywhere = ['112', '911']

export const isEmergencyNumber = (digits: string, country: string): boolean =>
  emergencyEverywhere.includes(digits) || (emergencyNumbers[country]?.includes(digits) ?? false)

/**
 * The canonical form of what was dialled in a country: E.164 where the number has such a form, the bare digits where it is a
 * short code; undefined where it can be neither. Nothing but digits, a leading plus, `*` and `#` comes out.
 */
export function canonicalNumber(characters: string, country: string): string | undefined {
  const bare = characters.replace(separators, '')
  if (!dialable.test(bare)) return undefined
  const parsed = isSupportedCountry(country)
    ? parsePhoneNumberFromString(bare, country)
    : parsePhoneNumberFromString(bare)
  if (parsed?.isPossible() === true) return parsed.number
  // Short codes, service numbers and what a numbering plan newer than ours may hold: the trunk decides.
  return bare.startsWith('+') || bare.length > 15 ? undefined : bare
}

/** A canonical number as a trunk wants it: `+61412345678`, `0412345678`, `61412345678`. */
export function formatNumber(canonical: string, format: NumberFormat, country: string): string {
  if (!canonical.startsWith('+') || format === 'e164') return canonical
  if (format === 'plain') return canonical.slice(1)
  const parsed = parsePhoneNumberFromString(canonical)
  if (parsed?.country !== (country as CountryCode)) return `00${canonical.slice(1)}`
  return parsed.formatNational().replace(/[^0-9]/g, '')
}
