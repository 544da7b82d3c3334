import type { ByteString } from './byte-string.ts'

/** `bigint` is PHP's 64-bit int, `number` its float. */
export type PhpValue = null | boolean | bigint | number | ByteString | PhpArray

const largestInteger = 2n ** 63n - 1n
const smallestInteger = -(2n ** 63n)
const integerLike = /^(?:0|-?[1-9][0-9]{0,18})$/

/**
 * PHP's array: an ordered map. A key that reads as a 64-bit integer is that integer, which matters for `append` alone, so keys
 * are kept in their one written form; no key (`__proto__`, `10`) is special.
 */
export class PhpArray {
  readonly #entries = new Map<ByteString, PhpValue>()
  /** The key that `append` gives next: 0 as long as it is the smallest, none once the last has been taken. */
  #next: bigint | undefined = smallestInteger

  get size(): number {
    return this.#entries.size
  }

  get(key: ByteString): PhpValue | undefined {
    return this.#entries.get(key)
  }

  /** A key that is there keeps its place. */
  set(key: ByteString, value: PhpValue): void {
    this.#entries.set(key, value)
    if (this.#next === undefined || !integerLike.test(key)) return
    const integer = BigInt(key)
    if (integer < this.#next || integer > largestInteger) return
    this.#next = integer === largestInteger ? undefined : integer + 1n
  }

  /** False if no integer is left to append under: PHP drops the value then. */
  append(value: PhpValue): boolean {
    if (this.#next === undefined) return false
    this.set(this.#next === smallestInteger ? '0' : this.#next.toString(), value)
    return true
  }

  entries(): IterableIterator<[ByteString, PhpValue]> {
    return this.#entries.entries()
  }

  /** The same in the same order, but for one key. */
  without(key: ByteString): PhpArray {
    const rest = new PhpArray()
    for (const [other, value] of this.#entries) if (other !== key) rest.set(other, value)
    return rest
  }

  /** How many values it holds, at any depth, that are no arrays. */
  countScalars(): number {
    let count = 0
    for (const value of this.#entries.values()) count += value instanceof PhpArray ? value.countScalars() : 1
    return count
  }
}
