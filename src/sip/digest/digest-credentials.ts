import { type DigestAlgorithm, parseAlgorithm } from './digest-algorithm.ts'
import type { DigestParameters } from './digest-parameters.ts'
import type { DigestProtection } from './digest-response.ts'

/** What an Authorization header says; quoted strings as they stand between their quotes. */
export interface DigestCredentials {
  readonly username: string
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  readonly response: string
  readonly algorithm: DigestAlgorithm
  /** Absent from a client of RFC 2069, which knows no qop. */
  readonly protection?: DigestProtection
  readonly opaque?: string
}

/** Checks that credentials have what RFC 7616 section 3.4 demands. */
export const readCredentials = (parameters: DigestParameters): DigestCredentials | 'malformed' | 'unsupported' => {
  const username = parameters.get('username')
  const realm = parameters.get('realm')
  const nonce = parameters.get('nonce')
  const uri = parameters.get('uri')
  const response = parameters.get('response')
  if (!username || realm === undefined || nonce === undefined || uri === undefined || response === undefined) {
    return 'malformed'
  }
  const named = parseAlgorithm(parameters.get('algorithm'))
  if (named === undefined || named.session) return 'unsupported'
  const opaque = parameters.get('opaque')
  const plain = {
    username,
    realm,
    nonce,
    uri,
    response: response.toLowerCase(),
    algorithm: named.algorithm,
    ...(opaque !== undefined && { opaque }),
  }
  const qop = parameters.get('qop')?.toLowerCase()
  if (qop === undefined) return plain
  if (qop !== 'auth') return 'unsupported'
  const nonceCount = parameters.get('nc')
  const cnonce = parameters.get('cnonce')
  if (cnonce === undefined || nonceCount === undefined || !/^[0-9a-f]{8}$/i.test(nonceCount)) return 'malformed'
  return { ...plain, protection: { qop, nonceCount, cnonce } }
}
