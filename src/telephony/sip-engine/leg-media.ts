import { type CodecName, defaultCodecs, isG711 } from '../../media/codec.ts'
import type { MediaEndpoint } from '../../media/media-endpoint.ts'
import { acceptAnswer, answerOffer, createOffer, type Negotiation } from '../../media/sdp.ts'
import type { Random } from '../../random.ts'

interface EarlyAnswer {
  readonly description: string
  readonly isReliable: boolean
}

/** What one leg and we agree on about its media: the offers and answers of RFC 3264 around one endpoint. */
export class LegMedia {
  readonly endpoint: MediaEndpoint
  /** The other leg's end, once the two are joined: from then on only what it can hear is agreed to. */
  partner: MediaEndpoint | undefined
  readonly #sessionId: string
  #version = 1
  /** The other leg's end at the time of the first offer: what it speaks is offered first. */
  readonly #beside: MediaEndpoint | undefined
  /** What our newest offer held; an answer is read against it. Undefined before the first. */
  #newestOffer: readonly CodecName[] | undefined
  /** SDP of provisional responses, by dialog: several phones, or forks behind a trunk, may send some each. */
  readonly #early = new Map<string, EarlyAnswer>()

  constructor(endpoint: MediaEndpoint, beside: MediaEndpoint | undefined, random: Random) {
    this.endpoint = endpoint
    this.#beside = beside
    this.#sessionId = random.bytes(6).readUIntBE(0, 6).toString()
  }

  get #offered(): readonly CodecName[] {
    this.#newestOffer ??= this.#beside === undefined ? defaultCodecs : codecsBeside(this.#beside)
    return this.#newestOffer
  }

  /** The offer of the INVITE. */
  createOffer(): string {
    return createOffer(this.endpoint, this.#offered, { sessionId: this.#sessionId, version: this.#version })
  }

  /** SDP of a provisional response. Nothing is set yet. */
  readEarly(dialog: string, description: string, isReliable: boolean): Negotiation {
    if (this.#early.get(dialog)?.isReliable !== true) this.#early.set(dialog, { description, isReliable })
    return this.#read(this.#early.get(dialog)?.description ?? description)
  }

  /**
   * What the 2xx of a dialog agrees on. RFC 3261 section 13.2.1: the first answer counts, and RFC 6337 section 3.1.1: what came
   * unreliably before it is only a preview of it. A 2xx without SDP stands by what it announced.
   */
  readFinal(dialog: string, description: string): Negotiation {
    const early = this.#early.get(dialog)
    this.#early.clear()
    const standsByEarly = early !== undefined && (early.isReliable || description === '')
    return this.#read(standsByEarly ? early.description : description)
  }

  /**
   * Our answer to a new offer within the session: hold, resume, another address or codec; undefined where nothing of it can be
   * taken, and then the session stays as it is. An empty offer asks for ours. What is spoken now stays the first choice: the
   * other leg hears it already, and a phone's own order may name one that it cannot.
   */
  answerOffer(offer: string): string | undefined {
    const codecs = this.#acceptable()
    const options = { sessionId: this.#sessionId, version: this.#version + 1 }
    if (offer === '') {
      this.#version++
      this.#newestOffer = codecs
      return createOffer(this.endpoint, codecs, options)
    }
    const answer = answerOffer(this.endpoint, offer, { ...options, codecs, preference: 'ours' })
    if (!answer.ok) return undefined
    this.#version++
    this.endpoint.setRemote(answer.negotiated)
    return answer.sdp
  }

  /** The answer to an offer that we were asked for. */
  takeAnswer(answer: string): void {
    const accepted = this.#read(answer)
    if (accepted.ok) this.endpoint.setRemote(accepted.negotiated)
  }

  #read(description: string): Negotiation {
    return acceptAnswer(description, this.#offered, this.endpoint)
  }

  #acceptable(): readonly CodecName[] {
    const allowed = this.partner === undefined ? this.#offered : codecsBeside(this.partner)
    const spoken = this.endpoint.negotiated?.codec
    return spoken !== undefined && allowed.includes(spoken) ? [...new Set([spoken, ...allowed])] : allowed
  }
}

/** The partner's codec first; G.711 only where the partner can be converted to it or takes it as it is. */
function codecsBeside(partner: MediaEndpoint): readonly CodecName[] {
  const { negotiated } = partner
  if (negotiated === undefined) return defaultCodecs
  const accepted = negotiated.accepted.map(({ codec }) => codec)
  const convertible = accepted.some(isG711) ? (['PCMA', 'PCMU'] as const) : []
  return [...new Set<CodecName>([negotiated.codec, ...accepted, ...convertible])]
}
