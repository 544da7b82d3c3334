import { type DigestAlgorithm, digestHash } from './digest-algorithm.ts'

/** What keeps a response from being used again. */
export interface DigestProtection {
  readonly qop: 'auth' | 'auth-int'
  /** Eight hexadecimal digits. */
  readonly nonceCount: string
  readonly cnonce: string
}

/** What a response is made of. Quoted strings as they stand between their quotes. */
export interface DigestResponseInput {
  readonly algorithm: DigestAlgorithm
  /** The `-sess` variant (RFC 7616 section 3.4.2). */
  readonly session: boolean
  /** H(username:realm:password), lower-case hexadecimal. */
  readonly ha1: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  /** Absent with a peer of RFC 2069, which knows no qop. */
  readonly protection?: DigestProtection
  /** For a session without `protection`, which would carry it. */
  readonly cnonce?: string
  /** Only `auth-int` looks at it. */
  readonly body?: Buffer
}

/** The `response` of RFC 7616 section 3.4.1, or without a qop of RFC 2617 section 3.2.2.1. */
export const computeDigestResponse = (input: DigestResponseInput): string => {
  const { algorithm, nonce, protection } = input
  const cnonce = protection?.cnonce ?? input.cnonce ?? ''
  const ha1 = input.session ? digestHash(algorithm, `${input.ha1}:${nonce}:${cnonce}`) : input.ha1
  const entity = protection?.qop === 'auth-int' ? `:${digestHash(algorithm, input.body ?? '')}` : ''
  const ha2 = digestHash(algorithm, `${input.method}:${input.uri}${entity}`)
  const middle = protection === undefined ? nonce : `${nonce}:${protection.nonceCount}:${cnonce}:${protection.qop}`
  return digestHash(algorithm, `${ha1}:${middle}:${ha2}`)
}
