import { isIP } from 'node:net'
import { type CodecName, defaultCodecs, isPlayable } from '../../media/codec.ts'
import { codecsToMeet } from '../../media/codec-route.ts'
import { connectionName, withAddress } from '../../media/connection-name.ts'
import type { MediaEndpoint } from '../../media/media-endpoint.ts'
import type { NegotiatedMedia } from '../../media/negotiated-media.ts'
import type { RefuseTarget } from '../../media/read-stream.ts'
import { acceptAnswer, answerOffer, createOffer, type Negotiation } from '../../media/sdp.ts'
import type { Random } from '../../random.ts'
import type { MediaHosts } from './media-hosts.ts'

/** What stands in an early dialog: the SDP of a provisional response, or what an UPDATE has made of it (RFC 3311). */
interface EarlyAnswer {
  readonly description: string
  readonly isReliable: boolean
  readonly updated?: NegotiatedMedia
}

/** An address as packets bear it. */
export interface SeenAddress {
  readonly host: string
  readonly port: number
}

/** Why media are not sent to an address that somebody said who is seen elsewhere; undefined where they are. */
export type RefuseMediaTarget = (said: SeenAddress, seenFrom: SeenAddress | undefined) => string | undefined

export interface LegMediaParts {
  readonly endpoint: MediaEndpoint
  /** The other leg, where it is up before this one: what it speaks is offered first. */
  readonly beside: LegMedia | undefined
  readonly hosts: MediaHosts
  readonly refuseTarget: RefuseMediaTarget
  readonly random: Random
}

/** An offer of ours within the session, and what it holds. */
export interface MeetingOffer {
  readonly codecs: readonly CodecName[]
  readonly description: string
}

/**
 * What one leg and we agree on about its media: the offers and answers of RFC 3264 around one endpoint. Results are promises only
 * where a description names a host, which must be looked up.
 */
export class LegMedia {
  readonly endpoint: MediaEndpoint
  /** The legs whose sound this one is sent, and those that this one's is sent to. */
  #hears: readonly LegMedia[] = []
  readonly #heardBy = new Set<LegMedia>()
  readonly #sessionId: string
  #version = 1
  readonly #beside: LegMedia | undefined
  readonly #hosts: MediaHosts
  readonly #refuse: RefuseTarget
  /** Where the phone's or carrier's newest description came from: it may name that address, and nobody else's inner ones. */
  seenFrom: SeenAddress | undefined
  /** What our newest offer held; an answer is read against it. Undefined before the first. */
  #newestOffer: readonly CodecName[] | undefined
  /** Every codec that the phone has named. */
  #known: readonly CodecName[] = []
  /** By dialog: several phones, or forks behind a trunk, may send some each. */
  readonly #early = new Map<string, EarlyAnswer>()

  constructor({ endpoint, beside, hosts, refuseTarget, random }: LegMediaParts) {
    this.endpoint = endpoint
    this.#beside = beside
    this.#hosts = hosts
    this.#refuse = (address) => refuseTarget(address, this.seenFrom)
    this.#sessionId = random.bytes(6).readUIntBE(0, 6).toString()
  }

  /** The other leg, as long as each hears the other and nobody else: then only what it can hear is agreed to. */
  get partner(): LegMedia | undefined {
    const [other] = this.#hears
    const isPair = other !== undefined && this.#hears.length === 1 && other.#hears.length === 1
    return isPair && other.#hears[0] === this ? other : undefined
  }

  get heardBy(): ReadonlySet<LegMedia> {
    return this.#heardBy
  }

  hear(legs: readonly LegMedia[]): void {
    for (const leg of this.#hears) leg.#heardBy.delete(this)
    for (const leg of legs) leg.#heardBy.add(this)
    this.#hears = legs
  }

  get #offered(): readonly CodecName[] {
    this.#newestOffer ??= this.#beside === undefined ? defaultCodecs : this.#beside.#hearable
    return this.#newestOffer
  }

  /** The leg is sent to, and heard, as negotiated. */
  agree(negotiated: NegotiatedMedia): void {
    this.#known = [...new Set([...negotiated.accepted.map(({ codec }) => codec), ...this.#known])]
    this.endpoint.setRemote(negotiated)
  }

  /** The offer of the INVITE. */
  createOffer(): string {
    return createOffer(this.endpoint, this.#offered, { sessionId: this.#sessionId, version: this.#version })
  }

  /** SDP of a provisional response. Nothing is set yet. */
  readEarly(dialog: string, description: string, isReliable: boolean): Negotiation | Promise<Negotiation> {
    const before = this.#early.get(dialog)
    if (before?.isReliable !== true) this.#early.set(dialog, { description, isReliable })
    return this.#standing(before?.isReliable === true ? before : { description })
  }

  /**
   * What the 2xx of a dialog agrees on. RFC 3261 section 13.2.1: the first answer counts, and RFC 6337 section 3.1.1: what came
   * unreliably before it is only a preview of it. A 2xx without SDP stands by what it announced.
   */
  readFinal(dialog: string, description: string): Negotiation | Promise<Negotiation> {
    const early = this.#early.get(dialog)
    this.#early.clear()
    const standsByEarly = early !== undefined && (early.isReliable || description === '')
    return this.#standing(standsByEarly ? early : { description })
  }

  /**
   * Our answer to a new offer within the session: hold, resume, another address or codec; undefined where nothing of it can be
   * taken, and then the session stays as it is. An empty offer asks for ours. What is spoken now stays the first choice: the
   * other leg hears it already, and a phone's own order may name one that it cannot.
   */
  answerOffer(offer: string): string | undefined | Promise<string | undefined> {
    if (offer === '') return this.#offerAnew()
    return this.#located(offer, (located) => {
      const answer = this.#answer(located)
      if (answer !== undefined) this.agree(answer.negotiated)
      return answer?.sdp
    })
  }

  /** The same in an early dialog; `isLone`: it alone may be heard already. The 2xx will not change it (RFC 6337 section 3.1.1). */
  answerEarlyOffer(dialog: string, offer: string, isLone: boolean): string | undefined | Promise<string | undefined> {
    return this.#located(offer, (located) => {
      const answer = this.#answer(located)
      if (answer === undefined) return undefined
      this.#early.set(dialog, { description: located, isReliable: true, updated: answer.negotiated })
      if (isLone) this.agree(answer.negotiated)
      return answer.sdp
    })
  }

  /**
   * A new offer of ours, so that the partner hears this leg without a conversion; undefined where it does, or never will. What is
   * spoken now goes on until the answer is taken.
   */
  offerToMeet(): MeetingOffer | undefined {
    const [here, there] = [this.endpoint.negotiated, this.partner?.endpoint.negotiated]
    const codecs = here === undefined || there === undefined ? [] : codecsToMeet(here, this.#known, there)
    if (codecs.length === 0) return undefined
    const options = { sessionId: this.#sessionId, version: ++this.#version }
    return { codecs, description: createOffer(this.endpoint, codecs, options) }
  }

  /** The answer to it; false where it cannot be used, and then the session stays as it is. */
  takeMeetingAnswer({ codecs }: MeetingOffer, answer: string): boolean | Promise<boolean> {
    return this.#located(answer, (located) => {
      const accepted = acceptAnswer(located, codecs, this.endpoint, this.#refuse)
      if (accepted.ok) this.agree(accepted.negotiated)
      return accepted.ok
    })
  }

  /** The answer to an offer that we were asked for. */
  takeAnswer(answer: string): void {
    void this.#located(answer, (located) => {
      const accepted = this.#read(located)
      if (accepted.ok) this.agree(accepted.negotiated)
    })
  }

  #standing({
    description,
    updated,
  }: Pick<EarlyAnswer, 'description' | 'updated'>): Negotiation | Promise<Negotiation> {
    if (updated !== undefined) return { ok: true, negotiated: updated }
    return this.#located(description, (located) => this.#read(located))
  }

  #read(description: string): Negotiation {
    return acceptAnswer(description, this.#offered, this.endpoint, this.#refuse)
  }

  #answer(offer: string): { readonly sdp: string; readonly negotiated: NegotiatedMedia } | undefined {
    const options = { sessionId: this.#sessionId, version: this.#version + 1, refuse: this.#refuse }
    const answer = answerOffer(this.endpoint, offer, { ...options, codecs: this.#acceptable(), preference: 'ours' })
    if (!answer.ok) return undefined
    this.#version++
    return answer
  }

  #offerAnew(): string {
    this.#newestOffer = this.#acceptable()
    return createOffer(this.endpoint, this.#newestOffer, { sessionId: this.#sessionId, version: ++this.#version })
  }

  /** RFC 4566 section 5.7: instead of an address there may be a name. What cannot be found out is refused when it is read. */
  #located<Result>(description: string, read: (located: string) => Result): Result | Promise<Result> {
    const name = connectionName(description)
    if (name === undefined) return read(description)
    const found = this.#hosts.find(name, isIP(this.endpoint.host) === 6 ? 6 : 4)
    return found.then((address) => read(address === undefined ? description : withAddress(description, name, address)))
  }

  #acceptable(): readonly CodecName[] {
    const allowed = this.partner === undefined ? this.#offered : this.partner.#hearable
    const spoken = this.endpoint.negotiated?.codec
    return spoken !== undefined && allowed.includes(spoken) ? [...new Set([spoken, ...allowed])] : allowed
  }

  /** What another leg may speak beside this one: this one's choice first, then what it knows, then what can be converted. */
  get #hearable(): readonly CodecName[] {
    const { negotiated } = this.endpoint
    if (negotiated === undefined) return defaultCodecs
    const convertible = isPlayable(negotiated.codec) ? defaultCodecs : []
    return [...new Set([negotiated.codec, ...this.#known, ...convertible])]
  }
}
