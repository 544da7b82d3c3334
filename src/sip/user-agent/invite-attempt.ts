import type { SipRequest, SipResponse } from '../message/message.ts'
import type { ClientTransaction } from '../transaction/client-transaction.ts'
import type { Destination } from '../transport/destination.ts'
import { TransportError } from '../transport/transport-error.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import { createCancel } from './create-cancel.ts'
import type { InviteFailure, InviteOptions } from './invite-options.ts'

/** Carriers respond with 100 sooner than this, but for the far ones: to these the question does no harm. */
const promptMilliseconds = 100

export interface InviteAttemptListener {
  onResponse(response: SipResponse): void
  /** No response will come. RFC 3261 section 8.1.3.1: a timeout counts as 408, a transport error as 503. */
  onFailure(failure: InviteFailure): void
  /** Nobody has responded within `silenceMilliseconds`. */
  onSilence(): void
}

/**
 * One INVITE on the wire: its transaction, and what is done while nobody responds to it. The transaction keeps it for another half a
 * minute after a final response; `release` lets go of the rest.
 */
export class InviteAttempt {
  readonly #core: UserAgentCore
  readonly #destination: Destination
  readonly #branch: string
  readonly #listener: InviteAttemptListener
  #request: SipRequest | undefined
  #transaction: ClientTransaction | undefined
  #isUnheard = true
  #silence: Alarm | undefined
  #portAlarm: Alarm | undefined
  #stopWatchingPort: (() => void) | undefined

  constructor(core: UserAgentCore, destination: Destination, branch: string, listener: InviteAttemptListener) {
    this.#core = core
    this.#destination = destination
    this.#branch = branch
    this.#listener = listener
  }

  send(request: SipRequest, { silenceMilliseconds, watchesPort }: InviteOptions): void {
    this.#request = request
    if (silenceMilliseconds !== undefined) {
      this.#silence = this.#core.startTimer(() => {
        this.#avoidSilent()
        this.#listener.onSilence()
      }, silenceMilliseconds)
    }
    if (watchesPort === true) this.#portAlarm = this.#core.startTimer(() => this.#watchPort(), promptMilliseconds)
    this.#transaction = this.#core.transactions.sendRequest(
      request,
      this.#destination,
      {
        onResponse: (response) => {
          this.stopWaiting()
          this.#listener.onResponse(response)
        },
        onTimeout: () => this.#fail({ status: 408, reason: 'Request Timeout' }),
        onTransportError: (error) => this.#fail({ status: 503, reason: `Service Unavailable: ${error.message}` }),
      },
      { branch: this.#branch },
    )
  }

  /** Sends its CANCEL, which must not be challenged (RFC 3261 section 22.1) and whose own response says nothing. */
  cancel(reason: string | undefined): void {
    if (this.#request === undefined) return
    const ignore = { onResponse() {}, onTimeout() {}, onTransportError() {} }
    const cancel = createCancel(this.#request, reason)
    this.#core.transactions.sendRequest(cancel, this.#destination, ignore, { branch: this.#branch })
  }

  /** Waits for no response any more. */
  terminate(): void {
    this.#transaction?.terminate()
  }

  /** For the first word of the peer. */
  stopWaiting(): void {
    this.#isUnheard = false
    this.#core.stopTimer(this.#silence)
    this.#core.stopTimer(this.#portAlarm)
    this.#stopWatchingPort?.()
    this.#stopWatchingPort = undefined
  }

  release(): void {
    this.stopWaiting()
    this.#request = undefined
    this.#transaction = undefined
  }

  #fail(failure: InviteFailure): void {
    this.#avoidSilent()
    this.#listener.onFailure(failure)
  }

  /** The INVITE may have been lost, and an answer may be on its way; that nobody is there is found out beside that. */
  #watchPort(): void {
    const transaction = this.#transaction
    const destination = transaction?.destination
    if (destination === undefined || !this.#isUnheard) return
    const { host, port } = destination
    this.#stopWatchingPort = this.#core.transport.watchPort?.(destination, () => {
      transaction?.fail(new TransportError('unreachable', `nobody listens at ${host}:${port}`))
    })
  }

  /** RFC 3263 section 4.3: what is sent to the same name from now on tries another address of it. */
  #avoidSilent(): void {
    const destination = this.#transaction?.destination
    if (this.#isUnheard && destination !== undefined) this.#core.transport.avoid?.(this.#destination, destination)
  }
}
