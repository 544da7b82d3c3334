import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { SipRequest } from '../message/message.ts'
import { quote } from '../message/parameters.ts'
import { type DigestAlgorithm, digestResponse, parseAlgorithm } from './digest-hash.ts'
import { NonceBook } from './nonce-book.ts'
import { parseDigestFields } from './parse-credentials.ts'

export type DigestFailure =
  | 'no-credentials'
  | 'malformed'
  | 'forged-nonce'
  | 'stale-nonce'
  | 'replay'
  | 'wrong-credentials'

export type DigestVerdict =
  | { readonly ok: true; readonly username: string; readonly realm: string }
  /** `stale`: the password was right, the nonce too old; the client may try again without asking its user. */
  | { readonly ok: false; readonly reason: DigestFailure; readonly stale?: boolean }

export type LookupHa1 = (username: string, realm: string, algorithm: DigestAlgorithm) => string | undefined

export interface DigestServerOptions {
  readonly clock: Clock
  readonly random: Random
  /** How long a nonce may be used; 5 minutes. */
  readonly nonceLifetimeMilliseconds?: number
  /** How many used nonces are remembered at most. */
  readonly nonceCapacity?: number
}

/** Compared with where a username is unknown, so that the answer takes as long as for a wrong password. */
const nobody = '0'.repeat(64)

/** Challenges and verifies, as a user agent server or registrar (RFC 3261 section 22, RFC 7616, RFC 8760). */
export class DigestServer {
  readonly #nonces: NonceBook

  constructor(options: DigestServerOptions) {
    this.#nonces = new NonceBook({
      clock: options.clock,
      random: options.random,
      lifetimeMilliseconds: options.nonceLifetimeMilliseconds ?? 300_000,
      capacity: options.nonceCapacity ?? 100_000,
    })
  }

  /** How many nonces are remembered. */
  get size(): number {
    return this.#nonces.size
  }

  /** WWW-Authenticate values, the preferred first (RFC 8760 section 2.3). */
  challenge(realm: string, options: { readonly stale?: boolean } = {}): string[] {
    const nonce = this.#nonces.issue()
    const stale = options.stale === true ? ', stale=true' : ''
    return (['SHA-256', 'MD5'] as const).map(
      (algorithm) => `Digest realm=${quote(realm)}, nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale}`,
    )
  }

  verify(request: SipRequest, lookupHa1: LookupHa1): DigestVerdict {
    const values = request.headers.getAll('Authorization')
    const value = values.find((candidate) => /^\s*Digest\s/i.test(candidate))
    if (value === undefined) return { ok: false, reason: 'no-credentials' }
    const fields = parseDigestFields(value)
    const username = fields?.get('username')
    const realm = fields?.get('realm')
    const nonce = fields?.get('nonce')
    const uri = fields?.get('uri')
    const response = fields?.get('response')
    const algorithm = parseAlgorithm(fields?.get('algorithm'))
    if (fields === undefined || username === undefined || realm === undefined || nonce === undefined) return malformed
    if (uri === undefined || response === undefined || algorithm === undefined) return malformed
    // We always offer qop, so that a nonce count must come back: without one a request could be replayed.
    const nonceCount = fields.get('nc')
    const cnonce = fields.get('cnonce')
    if (fields.get('qop')?.toLowerCase() !== 'auth' || cnonce === undefined) return malformed
    if (nonceCount === undefined || !/^[0-9a-f]{8}$/i.test(nonceCount)) return malformed

    const freshness = this.#nonces.verify(nonce)
    if (freshness === 'forged') return { ok: false, reason: 'forged-nonce' }
    const ha1 = lookupHa1(username, realm, algorithm)
    const expected = digestResponse({
      algorithm,
      ha1: ha1 ?? nobody,
      method: request.method,
      uri,
      nonce,
      protection: { nonceCount, cnonce, qop: 'auth' },
    })
    if (!sameText(expected, response.toLowerCase()) || ha1 === undefined)
      return { ok: false, reason: 'wrong-credentials' }
    if (freshness === 'expired') return { ok: false, reason: 'stale-nonce', stale: true }
    // A replay is answered with a fresh challenge: the honest client whose request came twice can go on, a thief cannot.
    if (!this.#nonces.use(nonce, Number.parseInt(nonceCount, 16))) return { ok: false, reason: 'replay', stale: true }
    return { ok: true, username, realm }
  }
}

const malformed: DigestVerdict = { ok: false, reason: 'malformed' }

const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))
