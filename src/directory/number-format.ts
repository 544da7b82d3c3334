import { isSupportedCountry, type PhoneNumber as ParsedNumber } from 'libphonenumber-js/max'
import { parseCached } from './parse-dialled-number.ts'
import type { NumberFormat } from './records.ts'

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
