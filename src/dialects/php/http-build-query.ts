import { type ByteString, octetsOf } from './byte-string.ts'
import { formScalar } from './form-scalar.ts'
import { PhpArray, type PhpValue } from './php-array.ts'

/** PHP's http_build_query() with its defaults (RFC 1738, `&`): byte for byte, since the result is hashed. */
export function httpBuildQuery(values: PhpArray): ByteString {
  const pairs: ByteString[] = []
  for (const [key, value] of values.entries()) addPairs(pairs, encodeUrl(key), value)
  return pairs.join('&')
}

function addPairs(pairs: ByteString[], name: ByteString, value: PhpValue): void {
  if (value === null) return
  if (value instanceof PhpArray) {
    for (const [key, inner] of value.entries()) addPairs(pairs, `${name}%5B${encodeUrl(key)}%5D`, inner)
  } else {
    pairs.push(`${name}=${encodeUrl(formScalar(value))}`)
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
