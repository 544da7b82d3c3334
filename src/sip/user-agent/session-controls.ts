import type { SipRequest } from '../message/message.ts'
import type { NameAddr } from '../message/name-addr.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'
import { ConnectedIdentity, type IdentifyingSession, type IdentityOutcome } from './connected-identity.ts'
import type { UserAgentCore } from './core.ts'
import type { DialogClient } from './dialog-client.ts'
import type { OfferExchange } from './offer-exchange.ts'
import { PatientOffers, type WishOutcome } from './patient-offers.ts'
import type { ReferTarget } from './refer-to.ts'
import { SessionTransfers, type TransferringSession } from './session-transfers.ts'
import type { TransferOutcome } from './transfer-sent.ts'

/** What the controls know of their session. */
export interface ControlledSession {
  readonly session: TransferringSession & IdentifyingSession
  readonly client: DialogClient
  readonly offers: OfferExchange
  /** We sent the INVITE. */
  readonly isOurs: boolean
}

/** What is done to a call that is up: hold, transfer, and telling whom one talks to. Most calls never make one. */
export class SessionControls {
  readonly #offers: OfferExchange
  readonly #holds: PatientOffers
  readonly #transfers: SessionTransfers
  readonly #identity: ConnectedIdentity

  constructor(core: UserAgentCore, { session, client, offers, isOurs }: ControlledSession) {
    this.#offers = offers
    this.#holds = new PatientOffers(core, isOurs)
    this.#transfers = new SessionTransfers(core, client, session)
    this.#identity = new ConnectedIdentity(core, session, isOurs)
  }

  hold(describe: () => string, isHolding: boolean): Promise<WishOutcome> {
    return this.#holds.ask(() => this.#offers.offerHold(describe(), isHolding))
  }

  refer(target: ReferTarget, onProgress: (status: number) => void): Promise<TransferOutcome> {
    return this.#transfers.refer(target, onProgress)
  }

  updateIdentity(identity: NameAddr, describe: (() => string) | undefined): Promise<IdentityOutcome> {
    return this.#identity.tell(identity, describe)
  }

  receiveRefer(request: SipRequest, transaction: ServerTransaction): void {
    this.#transfers.receiveRefer(request, transaction)
  }

  receiveNotify(request: SipRequest, transaction: ServerTransaction): void {
    this.#transfers.receiveNotify(request, transaction)
  }

  /** The session is over for its owner: what still waits is told so. */
  sessionEnded(): void {
    this.#endOffers()
    this.#transfers.sessionEnded()
  }

  /** The process goes. */
  abandon(): void {
    this.#endOffers()
    this.#transfers.abandon()
  }

  #endOffers(): void {
    this.#holds.end()
    this.#identity.end()
  }
}
