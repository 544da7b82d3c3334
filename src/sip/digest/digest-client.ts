import { quote } from '../message/parameters.ts'
import { type DigestAlgorithm, digestHa1, digestResponse, parseAlgorithm } from './digest-hash.ts'
import { parseDigestFields } from './parse-credentials.ts'

export interface ChallengeAnswerInput {
  readonly method: string
  readonly uri: string
  /** Every WWW-Authenticate (or Proxy-Authenticate) value of the response. */
  readonly challenges: readonly string[]
  readonly username: string
  readonly password: string
  /** A fresh random token. */
  readonly cnonce: string
  /** How often this nonce has been used, this time included. */
  readonly nonceCount: number
  readonly body?: Buffer
}

interface UsableChallenge {
  readonly algorithm: DigestAlgorithm
  readonly fields: ReadonlyMap<string, string>
  readonly qop: boolean
}

/**
 * The Authorization value that answers the strongest of the challenges: SHA-256 before MD5 (RFC 8760 section 2.4). Undefined
 * if none can be answered: an unknown algorithm, or nothing but `auth-int`.
 */
export function answerChallenge(input: ChallengeAnswerInput): string | undefined {
  const usable = input.challenges.map(readChallenge).filter((challenge) => challenge !== undefined)
  const challenge = usable.find(({ algorithm }) => algorithm === 'SHA-256') ?? usable[0]
  if (challenge === undefined) return undefined
  const { algorithm, fields, qop } = challenge
  const realm = fields.get('realm') ?? ''
  const nonce = fields.get('nonce') ?? ''
  const nonceCount = input.nonceCount.toString(16).padStart(8, '0')
  const response = digestResponse({
    algorithm,
    ha1: digestHa1(algorithm, input.username, realm, input.password),
    method: input.method,
    uri: input.uri,
    nonce,
    ...(qop && { protection: { nonceCount, cnonce: input.cnonce, qop: 'auth' as const } }),
  })
  const opaque = fields.get('opaque')
  return [
    `Digest username=${quote(input.username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(input.uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(qop ? [`cnonce="${input.cnonce}"`, 'qop=auth', `nc=${nonceCount}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ].join(', ')
}

function readChallenge(value: string): UsableChallenge | undefined {
  const fields = parseDigestFields(value)
  const algorithm = parseAlgorithm(fields?.get('algorithm'))
  if (fields === undefined || algorithm === undefined || !fields.has('nonce')) return undefined
  const offered = fields.get('qop')
  if (offered === undefined) return { algorithm, fields, qop: false }
  const options = offered.split(',').map((option) => option.trim().toLowerCase())
  return options.includes('auth') ? { algorithm, fields, qop: true } : undefined
}
