import type { Random } from '../../random.ts'
import { answerChallenge } from '../digest/digest-client.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { Credentials } from './invite-options.ts'

type ChallengeStatus = 401 | 407

interface KnownChallenge {
  readonly header: 'Authorization' | 'Proxy-Authorization'
  readonly values: readonly string[]
  nonceCount: number
  staleAnswered: boolean
}

/**
 * Answers the challenges that one peer sends to one user's requests (RFC 3261 section 22): each server (401) and proxy (407)
 * is answered once, and once more if it says that our nonce was stale. Later requests carry the answer without being asked.
 */
export class Authorizer {
  readonly #credentials: Credentials
  readonly #random: Random
  readonly #challenges = new Map<ChallengeStatus, KnownChallenge>()
  /** Challenges seen since the last success; a nonce that worked before may rightly be refused later. */
  readonly #answered = new Set<ChallengeStatus>()

  #ofInvite: readonly (readonly [string, string])[] = []

  constructor(credentials: Credentials, random: Random) {
    this.#credentials = credentials
    this.#random = random
  }

  /** Takes note of a challenge; false if answering it again cannot help. */
  accept(response: SipResponse): boolean {
    if (response.status !== 401 && response.status !== 407) return false
    const values = response.headers.getAll(response.status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate')
    if (values.length === 0) return false
    const before = this.#challenges.get(response.status)
    let staleAnswered = false
    if (before !== undefined && this.#answered.has(response.status)) {
      const stale = values.some((value) => /\bstale\s*=\s*"?true/i.test(value))
      if (!stale || before.staleAnswered) return false
      staleAnswered = true
    }
    this.#answered.add(response.status)
    this.#challenges.set(response.status, {
      header: response.status === 401 ? 'Authorization' : 'Proxy-Authorization',
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
      request.headers.set(challenge.header, value)
      values.push([challenge.header, value])
    }
    if (request.method === 'INVITE') this.#ofInvite = values
    return true
  }
}
