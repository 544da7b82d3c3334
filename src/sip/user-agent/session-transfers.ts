import { createResponse } from '../message/create-response.ts'
import type { SipRequest } from '../message/message.ts'
import { SipParseError } from '../message/sip-parse-error.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'
import type { UserAgentCore } from './core.ts'
import type { DialogClient } from './dialog-client.ts'
import { parseReferTarget, type ReferTarget } from './refer-to.ts'
import type { SessionHandler } from './session-handler.ts'
import { retryLater } from './stock-responses.ts'
import { TransferAsked } from './transfer-asked.ts'
import { type ReferringSession, type TransferOutcome, TransferSent } from './transfer-sent.ts'

/** What the transfers ask of their session. */
export interface TransferringSession extends ReferringSession {
  readonly handler: SessionHandler
}

/** The transfers of one session: one that the peer asks for and one that we ask for, at a time. */
export class SessionTransfers {
  readonly #core: UserAgentCore
  readonly #client: DialogClient
  readonly #session: TransferringSession
  #asked: TransferAsked | undefined
  #sent: TransferSent | undefined
  #isFirst = true

  constructor(core: UserAgentCore, client: DialogClient, session: TransferringSession) {
    this.#core = core
    this.#client = client
    this.#session = session
  }

  /** A REFER within the confirmed dialog. */
  receiveRefer(request: SipRequest, transaction: ServerTransaction): void {
    const target = readTarget(request, transaction)
    if (target === undefined) return
    // Beyond the RFC, which has no limit: a call can go to one place only.
    if (this.#asked !== undefined) return transaction.respond(retryLater(request, this.#core.random))
    const { handler } = this.#session
    if (handler.onTransferAsked === undefined) return transaction.respond(createResponse(request, 603, 'Decline'))
    const refer = { request, target, isFirst: this.#isFirst }
    this.#isFirst = false
    const asked = new TransferAsked(this.#core, this.#client, refer, transaction, () => {
      this.#asked = undefined
    })
    this.#asked = asked
    handler.onTransferAsked(asked)
  }

  receiveNotify(request: SipRequest, transaction: ServerTransaction): void {
    // RFC 6665 section 4.1.3: no other subscription of ours is there.
    if (!/^refer\s*(;|$)/i.test(request.headers.get('Event')?.trim() ?? '')) {
      const response = createResponse(request, 489, 'Bad Event', { headers: [['Allow-Events', 'refer']] })
      return transaction.respond(response)
    }
    const response = this.#sent?.receiveNotify(request)
    transaction.respond(response ?? createResponse(request, 481, 'Subscription Does Not Exist'))
  }

  refer(target: ReferTarget, onProgress: (status: number) => void): Promise<TransferOutcome> {
    if (this.#sent?.isOpen === true) return Promise.resolve({ status: 'refused', code: 491 })
    this.#sent = new TransferSent(this.#core, this.#session, target, onProgress)
    return this.#sent.outcome
  }

  sessionEnded(): void {
    this.#asked?.sessionEnded()
    this.#sent?.sessionEnded()
  }

  /** The process goes. */
  abandon(): void {
    this.#asked?.abandon()
    this.#sent?.sessionEnded()
  }
}

/** Undefined where it cannot be read; the peer has been told so. */
const readTarget = (request: SipRequest, transaction: ServerTransaction): ReferTarget | undefined => {
  try {
    return parseReferTarget(request)
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error
    transaction.respond(createResponse(request, error.status, error.reason))
    return undefined
  }
}
