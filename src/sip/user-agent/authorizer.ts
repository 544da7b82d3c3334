import type { Random } from '../../random.ts'
import { answerChallenge } from '../digest/digest-client.ts'
import { parseDigestParameters } from '../digest/digest-parameters.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { Credentials } from './invite-options.ts'

interface KnownChallenge {
  readonly header: 'Authorization' | 'Proxy-Authorization'
  readonly values: readonly string[]
  nonceCount: number
  staleAnswered: boolean
}

/** Nobody has more proxies that ask for passwords between us and a peer. */
const maximumChallenges = 4

/**
 * Answers the challenges that one peer sends to one user's requests (RFC 3261 section 22): each server (401) and proxy (407),
 * told apart by their realms (section 22.3), is answered once, and once more if it says that our nonce was stale. Later requests
 * carry the answers without being asked.
 */
export class Authorizer {
  readonly #credentials: Credentials
  readonly #random: Random
  /** By status and realm. */
  readonly #challenges = new Map<string, KnownChallenge>()
  /** Challenges seen since the last success; a nonce that worked before may rightly be refused later. */
  readonly #answered = new Set<string>()

  #ofInvite: readonly (readonly [string, string])[] = []

  constructor(credentials: Credentials, random: Random) {
    this.#credentials = credentials
    this.#random = random
  }

  /** Takes note of the challenges of a response; false if answering again cannot help. */
  accept({ status, headers }: SipResponse): boolean {
    if (status !== 401 && status !== 407) return false
    const values = headers.getAll(status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate')
    // Other schemes beside Digest are passed over; alone, they are a challenge that cannot be answered.
    const digests = values.filter((value) => parseDigestParameters(value) !== undefined)
    const byRealm = Map.groupBy(
      digests.length > 0 ? digests : values,
      (value) => `${status} ${parseDigestParameters(value)?.get('realm') ?? ''}`,
    )
    return [...byRealm].filter(([name, challenge]) => this.#take(name, status, challenge)).length > 0
  }

  #take(name: string, status: 401 | 407, values: readonly string[]): boolean {
    const before = this.#challenges.get(name)
    let staleAnswered = false
    if (before !== undefined && this.#answered.has(name)) {
      const stale = values.some((value) => /\bstale\s*=\s*"?true/i.test(value))
      if (!stale || before.staleAnswered) return false
      staleAnswered = true
    }
    if (before === undefined && this.#challenges.size === maximumChallenges) {
      const [oldest = ''] = this.#challenges.keys()
      this.#challenges.delete(oldest)
    }
    this.#answered.add(name)
    this.#challenges.set(name, {
      header: status === 401 ? 'Authorization' : 'Proxy-Authorization',
      values,
      nonceCount: 0,
      staleAnswered,
    })
    return true
  }

  /** RFC 3261 section 22.1: the ACK of a 2xx, which nobody can challenge, repeats the credentials of its INVITE. */
  repeatForAck(ack: SipRequest): void {
    for (const [header, value] of this.#ofInvite) ack.headers.append(header, value)
  }

  /** A final answer that was no challenge: the next challenge is a new one. */
  settle(): void {
    this.#answered.clear()
  }

  /** Adds what the challenges so far ask for. False if none of them can be answered (an unknown algorithm). */
  authorize(request: SipRequest): boolean {
    const values: [string, string][] = []
    for (const challenge of this.#challenges.values()) {
      challenge.nonceCount++
      const value = answerChallenge({
        method: request.method,
        uri: request.uri,
        challenges: challenge.values,
        username: this.#credentials.username,
        password: this.#credentials.password,
        cnonce: this.#random.token(16),
        nonceCount: challenge.nonceCount,
        body: request.body,
      })
      if (value === undefined) return false
      request.headers.append(challenge.header, value)
      values.push([challenge.header, value])
    }
    if (request.method === 'INVITE') this.#ofInvite = values
    return true
  }
}
