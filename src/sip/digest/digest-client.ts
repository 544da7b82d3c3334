import { computeHa1, type DigestAlgorithm, parseAlgorithm } from './digest-algorithm.ts'
import { type DigestParameters, escapeQuoted, parseDigestParameters, unescapeQuoted } from './digest-parameters.ts'
import { computeDigestResponse } from './digest-response.ts'

export interface ChallengeAnswerInput {
  readonly method: string
  /** The Request-URI. */
  readonly uri: string
  /** Every WWW-Authenticate, or every Proxy-Authenticate, of the response; other schemes among them are passed over. */
  readonly challenges: readonly string[]
  readonly username: string
  /** One of `password` and `ha1` is needed. */
  readonly password?: string
  /** H(username:realm:password) for the algorithms that are known; the others cannot be answered. */
  readonly ha1?: Readonly<Partial<Record<DigestAlgorithm, string>>>
  /** Fresh randomness for each answer. */
  readonly cnonce: string
  /** How many times this challenge's nonce has been answered, this time included. */
  readonly nonceCount: number
  /** For a server that insists on `auth-int`. */
  readonly body?: Buffer
}

interface Challenge {
  readonly parameters: DigestParameters
  readonly algorithm: DigestAlgorithm
  readonly session: boolean
  readonly qop: 'auth' | 'auth-int' | undefined
  /** As they stand between their quotes. */
  readonly realm: string
  readonly nonce: string
  readonly ha1: string
}

/** What we like best first; RFC 8760 section 2.4 leaves the choice to the client. */
const preference: readonly DigestAlgorithm[] = ['SHA-256', 'SHA-512-256', 'MD5']

/**
 * The Authorization or Proxy-Authorization value for a challenge (RFC 7616 section 3.4); undefined if none of them can be
 * answered.
 */
export const answerChallenge = (input: ChallengeAnswerInput): string | undefined => {
  const challenge = chooseChallenge(input)
  if (challenge === undefined) return undefined
  const { algorithm, session, qop, realm, nonce, ha1, parameters } = challenge
  const cnonce = escapeQuoted(input.cnonce)
  const uri = escapeQuoted(input.uri)
  const nonceCount = input.nonceCount.toString(16).padStart(8, '0')
  const response = computeDigestResponse({
    algorithm,
    session,
    ha1,
    method: input.method,
    uri,
    nonce,
    cnonce,
    ...(qop !== undefined && { protection: { qop, nonceCount, cnonce } }),
    ...(input.body !== undefined && { body: input.body }),
  })
  const opaque = parameters.get('opaque')
  return [
    `Digest username="${escapeQuoted(input.username)}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    // An algorithm that was not named is not named back: servers of RFC 2069 know no such parameter.
    ...(parameters.get('algorithm') ? [`algorithm=${algorithm}${session ? '-sess' : ''}`] : []),
    ...(qop === undefined && !session ? [] : [`cnonce="${cnonce}"`]),
    // Neither qop nor nc is quoted (RFC 7616 section 3.4).
    ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${nonceCount}`]),
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
  ].join(', ')
}

const chooseChallenge = (input: ChallengeAnswerInput): Challenge | undefined => {
  let best: Challenge | undefined
  for (const text of input.challenges) {
    const challenge = readChallenge(text, input)
    if (challenge === undefined) continue
    if (best === undefined || rank(challenge) < rank(best)) best = challenge
  }
  return best
}

const rank = (challenge: Challenge): number => preference.indexOf(challenge.algorithm)

const readChallenge = (text: string, input: ChallengeAnswerInput): Challenge | undefined => {
  const parameters = parseDigestParameters(text)
  const realm = parameters?.get('realm')
  const nonce = parameters?.get('nonce')
  // Some servers name an algorithm, a qop or an opaque that is empty: they have none (RFC 2069).
  const named = parseAlgorithm(parameters?.get('algorithm') || undefined)
  if (parameters === undefined || realm === undefined || nonce === undefined || named === undefined) return undefined
  const options = parameters.get('qop')?.trim() || undefined
  const offered = options?.split(',').map((option) => option.trim().toLowerCase())
  const qop = offered?.includes('auth') ? 'auth' : offered?.includes('auth-int') ? 'auth-int' : undefined
  // Only a qop that we lack: an answer as if there were none would be the downgrade that RFC 7616 section 5.8 warns of.
  if (offered !== undefined && qop === undefined) return undefined
  const ha1 = input.ha1?.[named.algorithm] ?? ha1OfPassword(named.algorithm, input, unescapeQuoted(realm))
  return ha1 === undefined ? undefined : { parameters, ...named, qop, realm, nonce, ha1 }
}

const ha1OfPassword = (algorithm: DigestAlgorithm, input: ChallengeAnswerInput, realm: string): string | undefined =>
  input.password === undefined ? undefined : computeHa1(algorithm, input.username, realm, input.password)
