import { createHash, timingSafeEqual } from 'node:crypto'
import { type ByteString, octetsOf } from '../php/byte-string.ts'
import { queryPairs } from '../php/http-build-query.ts'
import type { PhpArray } from '../php/php-array.ts'

const name = 'api_hash'

/** Stands where there is no key, so that a user who does not exist costs what one with a wrong hash does. */
const nobodysKey = ['']

/** Several times what an honest body of 64 KiB makes; what is longer would be hashed for seconds before anybody is known. */
const longestQuery = 1024 * 1024

/**
 * Whether `api_hash` is md5(http_build_query(everything else, in the order received) . key) with one of the keys. All are tried,
 * whichever fits. What is too long to be hashed is not signed.
 */
export function isSigned(values: PhpArray, keys: readonly string[]): boolean {
  const sent = values.get(name)
  const claimed = typeof sent === 'string' ? octetsOf(sent) : Buffer.alloc(0)
  const query = boundedQuery(values.without(name))
  if (query === undefined) return false
  const signed = createHash('md5').update(octetsOf(query))
  const fitting = (keys.length === 0 ? nobodysKey : keys).filter((key) => {
    const expected = Buffer.from(signed.copy().update(key).digest('hex'))
    return claimed.length === expected.length && timingSafeEqual(claimed, expected)
  })
  return keys.length > 0 && fitting.length > 0
}

function boundedQuery(values: PhpArray): ByteString | undefined {
  const pairs: ByteString[] = []
  let length = 0
  for (const pair of queryPairs(values)) {
    length += pair.length
    if (length > longestQuery) return undefined
    pairs.push(pair)
  }
  return pairs.join('&')
}
