import { shortestAddress } from '../ip-address.ts'

/** Where the other side says that it receives, and so sends from (RFC 4961). */
export interface SaidSource {
  readonly host: string
  readonly port: number
  /** Milliseconds of audio in one packet: how often a stream that goes on is heard. */
  readonly ptime: number
  /**
   * The host that a phone's signalling comes from. It speaks from there, or from where its SDP says, whichever NAT is between. Absent
   * for a carrier, whose media may come from any of its hosts.
   */
  readonly signallingHost?: string | undefined
}

/**
 * `current`: a packet of the source that is believed. `new`: its source is believed from this packet on. `refused`: nobody may hear
 * it.
 */
export type SourceVerdict = 'current' | 'new' | 'refused'

/** `waiting`: nobody has been believed since the SDP named another address. `said`: the address of the SDP. `learnt`: another one. */
export type SourceState = 'waiting' | 'said' | 'learnt'

/** Another port of a host that we know: the one of the SDP, of the phone's signalling, or of the source so far. */
type Nearness = 'near' | 'far'

/** So long a source must speak, alone and while the believed one is silent, before it is believed. Milliseconds. */
const patience: Readonly<Record<Nearness, number>> = { near: 200, far: 300 }
/** So long after an offer or answer another host may be believed. */
const windowMilliseconds = 10_000
/** A stream with a longer gap than this, or than three packets, is not one that goes on. */
const gapMilliseconds = 100

interface Candidate {
  readonly host: string
  readonly port: number
  readonly nearness: Nearness
  since: number
  lastAt: number
  /** Packets that had been accepted when it began: more since then, and the believed source speaks. */
  accepted: number
}

/**
 * Decides whose packets a leg's are. What the other side says outranks what is seen:
 *
 * - The address of the SDP is believed at once, whoever was believed before.
 * - A phone whose SDP names a host that its signalling does not come from is behind a NAT: the first stream from the signalling's
 *   host is believed at once.
 * - Any other source must speak for a while, without a gap, without a rival, and while the believed one is silent. Another port of
 *   a known host may do so at any time (a NAT gives a phone a new port); another host only shortly after an offer or answer, and
 *   never where a phone's SDP names the host that it signals from: that address is true.
 * - After an SDP with another address nobody is believed, least of all who was before: its last packets may still be on the way.
 *
 * Pure: time is handed in, monotonic and in milliseconds.
 */
export class SourceLatch {
  #said: SaidSource | undefined
  #saidHost = ''
  #saidAt = 0
  #state: SourceState = 'waiting'
  #host = ''
  #port = 0
  /** Who was believed before the SDP named another address. */
  #formerHost = ''
  #formerPort = 0
  #candidate: Candidate | undefined

  get state(): SourceState {
    return this.#state
  }

  /** Where packets go: to who is believed, or to where the SDP says. Port 0 before the first SDP. */
  get host(): string {
    return this.#state === 'waiting' ? this.#saidHost : this.#host
  }

  get port(): number {
    return this.#state === 'waiting' ? (this.#said?.port ?? 0) : this.#port
  }

  /** An offer or answer came, also one that changes nothing. True if who was believed no longer is. */
  say(said: SaidSource, now: number): boolean {
    this.#saidAt = now
    const host = shortestAddress(said.host)
    const before = this.#said
    // RFC 3264 section 8.4: an old way to say hold. It names nobody.
    if (before !== undefined && isNowhere(host)) return false
    const moved = before === undefined || this.#saidHost !== host || before.port !== said.port
    this.#said = said
    this.#saidHost = host
    if (!moved) return false
    this.#candidate = undefined
    if (this.#state !== 'waiting' && this.#host === host && this.#port === said.port) {
      this.#state = 'said'
      return false
    }
    if (this.#state !== 'waiting') {
      this.#formerHost = this.#host
      this.#formerPort = this.#port
    }
    this.#state = 'waiting'
    return true
  }

  /** A packet that is valid in all but its source came. `accepted`: packets of this leg that were accepted so far. */
  hear(host: string, port: number, now: number, accepted: number): SourceVerdict {
    const said = this.#said
    if (said === undefined) return 'refused'
    if (this.#state !== 'waiting' && port === this.#port && host === this.#host) return 'current'
    if (port === said.port && host === this.#saidHost) return this.#believe('said', host, port)
    if (this.#isBehindNat(host, port, said)) return this.#believe('learnt', host, port)
    const nearness = this.#nearness(host, now, said)
    if (nearness === undefined) return 'refused'
    return this.#isPatient(host, port, nearness, now, accepted) ? this.#believe('learnt', host, port) : 'refused'
  }

  #believe(state: SourceState, host: string, port: number): SourceVerdict {
    this.#state = state
    this.#host = host
    this.#port = port
    this.#candidate = undefined
    return 'new'
  }

  #isBehindNat(host: string, port: number, { signallingHost }: SaidSource): boolean {
    const isFormer = host === this.#formerHost && port === this.#formerPort
    return this.#state === 'waiting' && host === signallingHost && host !== this.#saidHost && !isFormer
  }

  #nearness(host: string, now: number, { signallingHost }: SaidSource): Nearness | undefined {
    const isKnown =
      host === this.#saidHost || host === signallingHost || (this.#state !== 'waiting' && host === this.#host)
    if (isKnown) return 'near'
    const isTrue = signallingHost === this.#saidHost
    return !isTrue && now - this.#saidAt <= windowMilliseconds ? 'far' : undefined
  }

  #isPatient(host: string, port: number, nearness: Nearness, now: number, accepted: number): boolean {
    const candidate = this.#candidate
    const gap = Math.max(gapMilliseconds, 3 * (this.#said?.ptime ?? 0))
    if (candidate === undefined || now - candidate.lastAt > gap) {
      this.#candidate = { host, port, nearness, since: now, lastAt: now, accepted }
      return false
    }
    if (candidate.port !== port || candidate.host !== host) {
      if (nearness === candidate.nearness) {
        // Two rivals of one rank: neither, until one of them gives in.
        candidate.since = now
      } else if (nearness === 'near') {
        this.#candidate = { host, port, nearness, since: now, lastAt: now, accepted }
      }
      return false
    }
    candidate.lastAt = now
    if (candidate.accepted !== accepted) {
      candidate.since = now
      candidate.accepted = accepted
    }
    return now - candidate.since >= patience[nearness]
  }
}

const isNowhere = (host: string): boolean => host === '0.0.0.0' || host === '::'
