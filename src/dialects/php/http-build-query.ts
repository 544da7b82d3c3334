import { type ByteString, octetsOf } from './byte-string.ts'
import { formScalar } from './form-scalar.ts'
import { PhpArray, type PhpValue } from './php-array.ts'

/** PHP's http_build_query() with its defaults (RFC 1738, `&`): byte for byte, since the result is hashed. */
export const httpBuildQuery = (values: PhpArray): ByteString => [...queryPairs(values)].join('&')

/**
 * The same, pair by pair. Each repeats the names of all arrays around it, so that a few octets of JSON make a query of hundreds of
 * megabytes: who reads what a stranger sent counts, and stops.
 */
export function* queryPairs(values: PhpArray): Generator<ByteString> {
  for (const [key, value] of values.entries()) yield* pairsOf(encodeUrl(key), value)
}

function* pairsOf(name: ByteString, value: PhpValue): Generator<ByteString> {
  if (value === null) return
  if (value instanceof PhpArray) {
    for (const [key, inner] of value.entries()) yield* pairsOf(`${name}%5B${encodeUrl(key)}%5D`, inner)
  } else {
    yield `${name}=${encodeUrl(formScalar(value))}`
  }
}

/** urlencode(): unlike encodeURIComponent it escapes `~!*'()` too, and writes a space as a plus sign. */
function encodeUrl(bytes: ByteString): ByteString {
  if (/^[A-Za-z0-9_.-]*$/.test(bytes)) return bytes
  let encoded = ''
  for (const octet of octetsOf(bytes)) encoded += octetCodes[octet]
  return encoded
}

const octetCodes: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCharCode(octet)
  if (character === ' ') return '+'
  if (/[A-Za-z0-9_.-]/.test(character)) return character
  return `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
})
