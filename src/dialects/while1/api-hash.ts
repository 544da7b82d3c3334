import { createHash, timingSafeEqual } from 'node:crypto'
import { octetsOf } from '../php/byte-string.ts'
import { httpBuildQuery } from '../php/http-build-query.ts'
import type { PhpArray } from '../php/php-array.ts'

const name = 'api_hash'

/** Stands where there is no key, so that a user who does not exist costs what one with a wrong hash does. */
const nobodysKey = ['']

/**
 * Whether `api_hash` is md5(http_build_query(everything else, in the order received) . key) with one of the keys. All are tried,
 * whichever fits.
 */
export function isSigned(values: PhpArray, keys: readonly string[]): boolean {
  const sent = values.get(name)
  const claimed = typeof sent === 'string' ? octetsOf(sent) : Buffer.alloc(0)
  const signed = createHash('md5').update(octetsOf(httpBuildQuery(values.without(name))))
  const fitting = (keys.length === 0 ? nobodysKey : keys).filter((key) => {
    const expected = Buffer.from(signed.copy().update(key).digest('hex'))
    return claimed.length === expected.length && timingSafeEqual(claimed, expected)
  })
  return keys.length > 0 && fitting.length > 0
}
