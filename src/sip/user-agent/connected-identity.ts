import type { SipMessage } from '../message/message.ts'
import { type NameAddr, serializeNameAddr } from '../message/name-addr.ts'
import type { UserAgentCore } from './core.ts'
import type { OfferOutcome } from './offer-exchange.ts'
import { PatientOffers, type WishOutcome } from './patient-offers.ts'
import type { RequestOutcome } from './send-authorized.ts'

/** `answered`: the peer was told; `answer` is empty where it was by UPDATE. `unsupported`: it takes no UPDATE, and no offer was given. */
export type IdentityOutcome = WishOutcome | { readonly status: 'unsupported' }

type HeaderList = readonly (readonly [string, string])[]

/** What it asks of its session. */
export interface IdentifyingSession {
  /** The peer has said that it takes UPDATE. */
  allowsUpdate: boolean
  request(method: string, body: undefined, headers: HeaderList): Promise<RequestOutcome>
  offerWith(description: string, headers: HeaderList): Promise<OfferOutcome>
}

/**
 * Tells the peer whom it is connected with now, as RFC 4916 does it, by P-Asserted-Identity (RFC 5876 section 3): in an UPDATE
 * without an offer where its Allow has that, and in a re-INVITE otherwise. The newest identity is what counts.
 */
export class ConnectedIdentity {
  readonly #session: IdentifyingSession
  readonly #offers: PatientOffers

  constructor(core: UserAgentCore, session: IdentifyingSession, madeCallId: boolean) {
    this.#session = session
    this.#offers = new PatientOffers(core, madeCallId)
  }

  tell(identity: NameAddr, describe: (() => string) | undefined): Promise<IdentityOutcome> {
    const headers: HeaderList = [['P-Asserted-Identity', serializeNameAddr({ ...identity, params: new Map() })]]
    if (!this.#session.allowsUpdate && describe === undefined) return Promise.resolve({ status: 'unsupported' })
    return this.#offers.ask(async () => {
      const outcome = this.#session.allowsUpdate ? await this.#update(headers) : undefined
      if (outcome !== undefined) return outcome
      if (describe === undefined) return { status: 'refused', code: 405 }
      return this.#session.offerWith(describe(), headers)
    })
  }

  end(): void {
    this.#offers.end()
  }

  /** Undefined where the peer does not know the method after all. */
  async #update(headers: HeaderList): Promise<OfferOutcome | undefined> {
    const outcome = await this.#session.request('UPDATE', undefined, headers)
    if (outcome === 'timeout') return { status: 'ended' }
    if (outcome === 'transport-error') return { status: 'refused', code: 503 }
    if (outcome.status < 300) return { status: 'answered', answer: '' }
    if (outcome.status === 481) return { status: 'ended' }
    if (outcome.status !== 405 && outcome.status !== 501) return { status: 'refused', code: outcome.status }
    this.#session.allowsUpdate = false
    return undefined
  }
}

/** Whether the sender takes UPDATE (RFC 3311 section 4); who sends no Allow may not. */
export const allowsUpdate = ({ headers }: SipMessage): boolean => {
  const first = headers.get('Allow')
  if (first === undefined) return false
  return updateWord.test(first) || headers.getAll('Allow').includes('UPDATE')
}

const updateWord = /(^|[\s,])UPDATE($|[\s,])/
