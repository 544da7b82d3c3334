import { createHash } from 'node:crypto'

/** RFC 7616 and RFC 8760; the names as they stand in a challenge. */
export type DigestAlgorithm = 'MD5' | 'SHA-256'

const hashNames: Readonly<Record<DigestAlgorithm, string>> = { MD5: 'md5', 'SHA-256': 'sha256' }

const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(hashNames[algorithm]).update(text).digest('hex')

/** H(username:realm:password) in lower-case hexadecimal: what a directory keeps instead of the password. */
export const digestHa1 = (algorithm: DigestAlgorithm, username: string, realm: string, password: string): string =>
  hash(algorithm, `${username}:${realm}:${password}`)

export interface DigestResponseInput {
  readonly algorithm: DigestAlgorithm
  readonly ha1: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  /** Absent for a peer of RFC 2069, which knows no qop. */
  readonly protection?: { readonly nonceCount: string; readonly cnonce: string; readonly qop: 'auth' }
}

/** RFC 7616 section 3.4.1. */
export function digestResponse({ algorithm, ha1, method, uri, nonce, protection }: DigestResponseInput): string {
  const ha2 = hash(algorithm, `${method}:${uri}`)
  if (protection === undefined) return hash(algorithm, `${ha1}:${nonce}:${ha2}`)
  const { nonceCount, cnonce, qop } = protection
  return hash(algorithm, `${ha1}:${nonce}:${nonceCount}:${cnonce}:${qop}:${ha2}`)
}

export const parseAlgorithm = (text: string | undefined): DigestAlgorithm | undefined => {
  if (text === undefined) return 'MD5'
  const upper = text.toUpperCase()
  return upper === 'MD5' || upper === 'SHA-256' ? upper : undefined
}
