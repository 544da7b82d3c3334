import type { ByteString } from './byte-string.ts'
import { formatFloat } from './format-float.ts'

/** The ini value `precision`, by which PHP 8.2 writes a float into a query. */
const precision = 14

/** A scalar as it would stand in a form: what http_build_query() makes of it before it is encoded. */
export function formScalar(value: boolean | bigint | number | ByteString): ByteString {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? '1' : '0'
  return typeof value === 'bigint' ? value.toString() : formatFloat(value, precision, 'E')
}
