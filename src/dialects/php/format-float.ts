/**
 * A float as PHP writes it. `significantDigits` is the ini value `precision` (14: string conversion, http_build_query), or
 * 'shortest' for `serialize_precision = -1` (json_encode), which PHP bounds by 17 before it turns to an exponent.
 */
export function formatFloat(value: number, significantDigits: number | 'shortest', exponentLetter: 'e' | 'E'): string {
  if (Number.isNaN(value)) return 'NAN'
  if (!Number.isFinite(value)) return value > 0 ? 'INF' : '-INF'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const sign = value < 0 ? '-' : ''
  const { digits, exponent } = decimal(Math.abs(value), significantDigits)
  const widest = significantDigits === 'shortest' ? 17 : significantDigits
  // php_gcvt(): the decimal point stands behind so many digits.
  const point = exponent + 1
  if (point < -3 || point > widest) return sign + withExponent(digits, exponent, exponentLetter)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (digits.length <= point) return sign + digits.padEnd(point, '0')
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

function withExponent(digits: string, exponent: number, letter: 'e' | 'E'): string {
  const fraction = digits.length === 1 ? '0' : digits.slice(1)
  return `${digits[0]}.${fraction}${letter}${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`
}

function decimal(value: number, significantDigits: number | 'shortest'): { digits: string; exponent: number } {
  const [mantissa = '', exponent = '0'] = rounded(value, significantDigits).split('e')
  return { digits: mantissa.replace('.', '').replace(/0+$/, ''), exponent: Number(exponent) }
}

/** JavaScript rounds a tie up, C's dtoa to even: of two neighbours as near as each other, the even one is taken. */
function rounded(value: number, significantDigits: number | 'shortest'): string {
  if (significantDigits === 'shortest') return value.toExponential()
  const up = value.toExponential(significantDigits - 1)
  const [exact = '', exponent = '0'] = value.toExponential(100).split('e')
  const rest = exact.replace('.', '').slice(significantDigits)
  if (!/^50*$/.test(rest)) return up
  const down = exact.replace('.', '').slice(0, significantDigits)
  if (Number(down.at(-1)) % 2 === 1) return up
  return `${down[0]}.${down.slice(1)}e${exponent}`
}
