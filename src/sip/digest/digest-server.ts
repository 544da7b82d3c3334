import { timingSafeEqual } from 'node:crypto'
import { addressBlock, networkOf } from '../../address-block.ts'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { SipRequest } from '../message/message.ts'
import { computeHa1, type DigestAlgorithm } from './digest-algorithm.ts'
import { type DigestCredentials, readCredentials } from './digest-credentials.ts'
import { escapeQuoted, parseDigestParameters, unescapeQuoted } from './digest-parameters.ts'
import { computeDigestResponse } from './digest-response.ts'
import { issueTime, NonceBook, type NonceScope } from './nonce-book.ts'

export interface DigestServerOptions {
  readonly clock: Clock
  readonly random: Random
  /** How long a nonce may be used; 5 minutes. */
  readonly nonceLifetimeMilliseconds?: number
  /** How many used nonces are remembered at most; 100,000, about 20 MB. */
  readonly nonceCapacity?: number
  /** What is asked for, the preferred first; SHA-256 and MD5 if absent. Old phones give up at an algorithm that they do not know. */
  readonly algorithms?: readonly ServerAlgorithm[]
}

/** What we ask for, the preferred first (RFC 8760 section 2.3). */
const algorithms = ['SHA-256', 'MD5'] as const
export type ServerAlgorithm = (typeof algorithms)[number]

/** The stored H(username:realm:password), lower-case hexadecimal; undefined for a stranger. Username and realm are unescaped. */
export type LookupHa1 = (username: string, realm: string, algorithm: ServerAlgorithm) => string | undefined

/** Whom a challenge goes to, or credentials come from. */
export interface DigestPeer {
  /** Its IP address; absent where there is no network between, as in tests. */
  readonly host?: string
}

/** What is checked where there is no message: `header` is an Authorization or Proxy-Authorization value. */
export interface PresentedCredentials {
  readonly method: string
  readonly header: string | undefined
  /** The Request-URI, which must be the one that the credentials were made for. Not looked at if absent. */
  readonly uri?: string
}

/** A password that is to be looked at. Username and realm are unescaped. */
export interface PasswordGuess {
  readonly username: string
  readonly realm: string
  /** The nonce went to the very address that this comes from. If not, the source may be forged by somebody of its network. */
  readonly isSeen: boolean
}

export interface VerifyOptions extends DigestPeer {
  /** `Authorization` if absent. */
  readonly header?: string
  /** Asked before each password is looked at. */
  readonly mayCheck?: (guess: PasswordGuess) => boolean
  /** Each password that was looked at, and was wrong: one request can carry several. */
  readonly onWrong?: (guess: PasswordGuess) => void
  /** The one that was right. */
  readonly onRight?: (guess: PasswordGuess) => void
}

/** Why credentials do not hold. From `missing` to `replayed` each says more about who sent them. */
export type DigestFailure =
  /** No Digest credentials at all. */
  | 'missing'
  /** They cannot be read, or lack what RFC 7616 section 3.4 demands. */
  | 'malformed'
  /** An algorithm, or a qop, that was not offered. */
  | 'unsupported'
  /** `mayCheck` said no: nobody knows whether they are right. */
  | 'unchecked'
  /** Wrong password or unknown user: neither this word nor the time it takes tells which. */
  | 'wrong-credentials'
  /** Made for another Request-URI (RFC 7616 section 3.4.6). */
  | 'wrong-uri'
  /**
   * A nonce that is not ours, not for this peer, or no longer good: to be challenged again, `stale` (RFC 7616 section 3.3). The
   * digest is not even looked at, so that nobody can guess with a nonce that was not sent to him.
   */
  | 'stale-nonce'
  /** The password is right, but the same nonce count was here before: to be challenged again, `stale`. */
  | 'replayed'

export type DigestVerdict =
  /** `nonceIssuedAt`: milliseconds since the epoch. The request was made after that. */
  | { readonly ok: true; readonly username: string; readonly realm: string; readonly nonceIssuedAt: number }
  /** `stale`: the client may try again without asking its user for the password. */
  | { readonly ok: false; readonly reason: DigestFailure; readonly stale?: boolean }

/** A phone may answer each of our challenges, and carry credentials for proxies on the way. */
const maximumCredentials = 8

/** Challenges and verifies, as a user agent server or registrar (RFC 3261 section 22, RFC 7616, RFC 8760). */
export class DigestServer {
  readonly #algorithms: readonly ServerAlgorithm[]
  readonly #nonces: NonceBook
  readonly #opaque: string
  /** Stands in for the HA1 of a stranger, so that the answer takes as long as for a wrong password. */
  readonly #nobody: Readonly<Record<ServerAlgorithm, string>>

  constructor(options: DigestServerOptions) {
    this.#algorithms = options.algorithms ?? algorithms
    this.#nonces = new NonceBook({
      clock: options.clock,
      random: options.random,
      lifetimeMilliseconds: options.nonceLifetimeMilliseconds ?? 300_000,
      capacity: options.nonceCapacity ?? 100_000,
    })
    this.#opaque = options.random.token(16)
    const password = options.random.token(32)
    this.#nobody = { 'SHA-256': computeHa1('SHA-256', '', '', password), MD5: computeHa1('MD5', '', '', password) }
  }

  /** How many nonces are remembered. */
  get size(): number {
    return this.#nonces.size
  }

  /** WWW-Authenticate or Proxy-Authenticate values, one an algorithm, the preferred first. */
  challenge(realm: string, options: DigestPeer & { readonly stale?: boolean } = {}): string[] {
    const quoted = escapeQuoted(realm)
    const nonce = this.#nonces.issue({ realm: quoted, ...placeOf(options) })
    const common = `Digest realm="${quoted}", nonce="${nonce}", opaque="${this.#opaque}", qop="auth"`
    const stale = options.stale === true ? ', stale=true' : ''
    return this.#algorithms.map((algorithm) => `${common}, algorithm=${algorithm}${stale}`)
  }

  /** Checks the Authorization headers of a request; one that holds is enough. Never throws for what a peer sent. */
  verify(request: SipRequest | PresentedCredentials, lookupHa1: LookupHa1, options: VerifyOptions = {}): DigestVerdict {
    const { header = 'Authorization' } = options
    const values = 'headers' in request ? request.headers.getAll(header) : [request.header ?? '']
    let failure: DigestVerdict & { ok: false } = { ok: false, reason: 'missing' }
    for (const value of values.slice(0, maximumCredentials)) {
      if (!/^\s*Digest\s/i.test(value)) continue
      const verdict = this.#verifyOne(request.method, request.uri, value, lookupHa1, options)
      if (verdict.ok) return verdict
      if (weight[verdict.reason] > weight[failure.reason]) failure = verdict
    }
    return failure
  }

  #verifyOne(
    method: string,
    requestUri: string | undefined,
    value: string,
    lookupHa1: LookupHa1,
    options: VerifyOptions,
  ): DigestVerdict {
    const parameters = parseDigestParameters(value)
    const credentials = parameters === undefined ? 'malformed' : readCredentials(parameters)
    if (typeof credentials === 'string') return { ok: false, reason: credentials }
    const { nonce, protection, algorithm } = credentials
    if (!isOffered(algorithm, this.#algorithms)) return { ok: false, reason: 'unsupported' }
    const username = unescapeQuoted(credentials.username)
    const realm = unescapeQuoted(credentials.realm)
    const place = placeOf(options)
    if (!this.#isFresh(credentials, place)) return { ok: false, reason: 'stale-nonce', stale: true }
    const guess: PasswordGuess = { username, realm, isSeen: this.#nonces.wentTo(nonce, place.address) }
    if (options.mayCheck?.(guess) === false) return { ok: false, reason: 'unchecked' }
    const ha1 = lookupHa1(username, realm, algorithm)
    const isRight = this.#isRight(method, credentials, ha1 ?? this.#nobody[algorithm])
    if (ha1 === undefined || !isRight) {
      options.onWrong?.(guess)
      return { ok: false, reason: 'wrong-credentials' }
    }
    if (requestUri !== undefined && !isSameTarget(requestUri, unescapeQuoted(credentials.uri))) {
      return { ok: false, reason: 'wrong-uri' }
    }
    // RFC 2617 section 3.2.2: without a qop nothing counts the uses of a nonce, so that one use is all it has.
    const count = protection === undefined ? 1 : Number.parseInt(protection.nonceCount, 16)
    // The honest client whose request came twice can go on with a fresh nonce, a thief cannot.
    if (!this.#nonces.use(nonce, count)) return { ok: false, reason: 'replayed', stale: true }
    options.onRight?.(guess)
    return { ok: true, username, realm, nonceIssuedAt: issueTime(nonce) }
  }

  #isFresh({ nonce, realm, opaque }: DigestCredentials, place: ChallengedPlace): boolean {
    // Some phones forget the opaque (RFC 7616 section 3.4 only asks for it); a wrong one is of another server.
    if (opaque !== undefined && opaque !== this.#opaque) return false
    return this.#nonces.check(nonce, { realm, ...place }) === 'fresh'
  }

  #isRight(method: string, credentials: DigestCredentials, ha1: string): boolean {
    const expected = computeDigestResponse({ ...credentials, session: false, method, ha1 })
    const given = Buffer.from(credentials.response)
    return given.length === expected.length && timingSafeEqual(Buffer.from(expected), given)
  }
}

type ChallengedPlace = Pick<NonceScope, 'network' | 'address'>

/**
 * A nonce holds for the network that it was sent to: who forges a source address never sees the challenge, and cannot make guesses
 * that are counted against others. Not for the address alone: some carriers' NATs change that from packet to packet. Whether it is
 * the same is told beside that (`isSeen`).
 */
const placeOf = ({ host }: DigestPeer): ChallengedPlace =>
  host === undefined ? { network: '', address: '' } : { network: networkOf(host), address: addressBlock(host) }

const weight: Readonly<Record<DigestFailure, number>> = {
  missing: 0,
  malformed: 1,
  unsupported: 2,
  unchecked: 3,
  'wrong-credentials': 4,
  'wrong-uri': 5,
  'stale-nonce': 6,
  replayed: 7,
}

const isOffered = (algorithm: DigestAlgorithm, offered: readonly DigestAlgorithm[]): algorithm is ServerAlgorithm =>
  offered.includes(algorithm)

/**
 * Whether two URIs name the same user at the same host. Schemes, ports and parameters are left out, for phones and proxies add
 * and drop them on the way; credentials that were given for one callee must not reach another (RFC 7616 section 3.4.6).
 */
const isSameTarget = (left: string, right: string): boolean => left === right || targetOf(left) === targetOf(right)

const targetOf = (uri: string): string => {
  const address = uri.slice(uri.indexOf(':') + 1)
  const at = address.indexOf('@')
  const host = /^(?:\[[^\]]*\]|[^:;?]*)/.exec(address.slice(at + 1))?.[0] ?? ''
  return `${address.slice(0, Math.max(0, at))}@${host.toLowerCase()}`
}
