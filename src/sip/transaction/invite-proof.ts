import { hash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { plainAddress } from '../../ip-address.ts'
import type { Random } from '../../random.ts'
import type { SipResponse } from '../message/message.ts'
import type { Destination, TransportAddress } from '../transport/destination.ts'
import { magicCookie } from './transaction-key.ts'

/** The Via parameter that carries it. Peers copy our Via into every response, to the letter (RFC 3261 section 8.2.6.2). */
export const proofParameter = 'proof'
/** 80 bits: enough against guesses that each cost a packet. */
const proofDigits = 20
const timeDigits = 8
const branchDigits = 24
const timePattern = new RegExp(`^${magicCookie}([0-9a-f]{${timeDigits}})`)
/** An INVITE rings for ten minutes at most (timer C); its answer may be repeated for half a minute more. */
const lifetimeSeconds = 900

/**
 * Knows an answer to an INVITE of ours when nothing else is left of it: the process that sent it may be gone. Its Via carries a
 * keyed hash of branch, Call-ID and the address that it was sent to, and the branch says when. So nobody can make us send requests,
 * or aim them elsewhere, by making up a 2xx.
 */
export class InviteProof {
  readonly #clock: Clock
  readonly #random: Random
  readonly #key: string

  constructor(clock: Clock, random: Random, key: Buffer) {
    this.#clock = clock
    this.#random = random
    this.#key = key.toString('hex')
  }

  /** RFC 3261 section 8.1.1.7: the cookie, the time in seconds, and 64 random bits. */
  createBranch(): string {
    const seconds = Math.floor(this.#clock.now() / 1000)
    const time = seconds.toString(16).padStart(timeDigits, '0').slice(-timeDigits)
    return `${magicCookie}${time}${this.#random.token(branchDigits - timeDigits)}`
  }

  /** `destination` is numeric. The same for an INVITE and its CANCEL, whose Vias must be equal (RFC 3261 section 9.1). */
  create(branch: string, callId: string, destination: Destination): string {
    return this.#sign(branch, callId, destination.protocol, destination)
  }

  /** Whether the response answers an INVITE that we sent not long ago to where the response came from. */
  holds(response: SipResponse, source: Destination): boolean {
    const { branch = '', params } = response.via
    const given = params.get(proofParameter)
    if (given === undefined || given.length !== proofDigits) return false
    const sentAt = timePattern.exec(branch)?.[1]
    if (sentAt === undefined) return false
    const age = this.#clock.now() / 1000 - Number.parseInt(sentAt, 16)
    if (Math.abs(age) > lifetimeSeconds) return false
    const wanted = this.#sign(branch, response.callId, source.protocol, source)
    const octets = Buffer.from(given)
    return octets.length === wanted.length && timingSafeEqual(octets, Buffer.from(wanted))
  }

  /**
   * Key before text: the digits that are cut off keep anybody from lengthening what was signed, so that this needs no HMAC, which
   * would cost each INVITE five times as much.
   */
  #sign(branch: string, callId: string, protocol: string, { host, port }: TransportAddress): string {
    const text = `${this.#key}\n${branch}\n${callId}\n${protocol}\n${plainAddress(host)}\n${port}`
    return hash('sha256', text, 'hex').slice(0, proofDigits)
  }
}
