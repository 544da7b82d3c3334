import { randomBytes } from 'node:crypto'

/** The one source of randomness, handed in so that tests are repeatable. */
export interface Random {
  /** Cryptographically strong bytes. */
  bytes(count: number): Buffer
  /** A lower-case hexadecimal token of `length` characters; safe in SIP tokens, URLs and file names. */
  token(length: number): string
}

const poolSize = 4096
let pool = ''
let taken = 0
let bytePool = Buffer.alloc(0)
let bytesTaken = 0

export const systemRandom: Random = {
  bytes(count) {
    // As with tokens; no byte is handed out twice.
    if (bytesTaken + count > bytePool.length) {
      bytePool = randomBytes(Math.max(poolSize, count))
      bytesTaken = 0
    }
    bytesTaken += count
    return bytePool.subarray(bytesTaken - count, bytesTaken)
  },
  token(length) {
    // One system call yields many tokens: a call needs about ten (tags, branches, identifiers).
    if (taken + length > pool.length) {
      pool = randomBytes(Math.max(poolSize, length)).toString('hex')
      taken = 0
    }
    taken += length
    return pool.slice(taken - length, taken)
  },
}
