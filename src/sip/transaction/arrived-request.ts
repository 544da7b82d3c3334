import type { SipRequest, SipResponse } from '../message/message.ts'
import type { Source } from '../transport/destination.ts'
import type { ServerTransaction } from './server-transaction.ts'

/**
 * Whose place among the server transactions a request takes: one within a dialog that we know, one of a line that has proved its
 * password, or one that anybody can send.
 */
export type TransactionRoom = 'dialog' | 'registration' | 'stranger'

/** What the layer does for a request that has arrived. */
export interface ArrivedRequestOwner {
  /** Undefined where the room is full. */
  beginTransaction(arrived: ArrivedRequest, room: TransactionRoom): ServerTransaction | undefined
  answerStatelessly(request: SipRequest, source: Source, key: string, response: SipResponse): void
}

/**
 * A new request, other than ACK and CANCEL, of which nothing is kept yet. Most of what strangers send is answered and forgotten
 * (RFC 3261 section 8.2.7): a source address is easily forged, so a limit by address would protect no table.
 */
export class ArrivedRequest {
  readonly request: SipRequest
  readonly source: Source
  /** By what repetitions and ACK find its transaction. */
  readonly key: string
  readonly #owner: ArrivedRequestOwner
  #transaction: ServerTransaction | undefined

  constructor(owner: ArrivedRequestOwner, request: SipRequest, source: Source, key: string) {
    this.#owner = owner
    this.request = request
    this.source = source
    this.key = key
  }

  /**
   * Sends a final response: by the transaction if it was begun, else once and without keeping anything. Whoever repeats the
   * request then is answered anew, with the same To tag; an INVITE's response is not repeated to one who never sends the ACK.
   */
  answer(response: SipResponse): void {
    if (this.#transaction === undefined) {
      this.#owner.answerStatelessly(this.request, this.source, this.key, response)
    } else this.#transaction.respond(response)
  }

  /** Begins the server transaction, once. Undefined where there is no room for it: the request has got its 503. */
  begin(room: TransactionRoom): ServerTransaction | undefined {
    this.#transaction = this.#owner.beginTransaction(this, room)
    return this.#transaction
  }
}
