import { PhpArray } from './php-array.ts'

/**
 * What `$_REQUEST` is of `$_GET` and `$_POST` (php_autoglobal_merge() in main/php_variables.c): `over` wins, member by member where
 * both have an array, and a key that was there keeps its place.
 */
export function mergeArrays(under: PhpArray, over: PhpArray): PhpArray {
  const merged = new PhpArray()
  for (const [key, value] of under.entries()) merged.set(key, value)
  for (const [key, value] of over.entries()) {
    const present = merged.get(key)
    const bothAreArrays = present instanceof PhpArray && value instanceof PhpArray
    merged.set(key, bothAreArrays ? mergeArrays(present, value) : value)
  }
  return merged
}
