import type { SipRequest, SipResponse } from '../message/message.ts'
import { serializeMessage } from '../message/serialize-message.ts'
import type { Destination } from '../transport/destination.ts'
import { TransportError } from '../transport/transport-error.ts'
import { createAcknowledgement } from './create-acknowledgement.ts'
import {
  type InviteClientEffect,
  type InviteClientInput,
  type InviteClientState,
  stepInviteClient,
} from './invite-client.ts'
import {
  type NonInviteClientEffect,
  type NonInviteClientInput,
  type NonInviteClientState,
  stepNonInviteClient,
} from './non-invite-client.ts'
import { type TransactionCore, tell } from './transaction-core.ts'
import { clientKey } from './transaction-key.ts'
import { TransactionTimers } from './transaction-timers.ts'
import type { Transition } from './transition-table.ts'

/**
 * Who sent a request. Called after `sendRequest` has returned, never from within. After any number of provisional responses
 * comes either a final response (of a forked INVITE: several 2xx), or the timeout, or the transport error; nothing if the
 * transaction was terminated.
 */
export interface ClientTransactionHandler {
  onResponse(response: SipResponse): void
  onTimeout(): void
  onTransportError(error: TransportError): void
}

export type ClientTransactionState = InviteClientState | NonInviteClientState
type Input = InviteClientInput | NonInviteClientInput
type Effect = InviteClientEffect | NonInviteClientEffect

/** Carries out what the two client machines decide (RFC 3261 section 17.1). */
export class ClientTransaction {
  readonly branch: string
  readonly method: string
  /** By what a response finds it. */
  readonly key: string
  readonly #core: TransactionCore
  readonly #handler: ClientTransactionHandler
  readonly #onTerminated: (transaction: ClientTransaction) => void
  readonly #timers: TransactionTimers<Input>
  readonly #isInvite: boolean
  #state: ClientTransactionState = 'initial'
  #destination: Destination | undefined
  /** Held until the final response. */
  #request: SipRequest | undefined
  #octets: Buffer | undefined
  #acknowledgement: Buffer | undefined
  #repetitionInterval = 0
  #immediate: Input | undefined
  /** What the effects under way speak of. */
  #response: SipResponse | undefined
  #error: TransportError | undefined
  readonly #onSendError = (error: TransportError): void => this.fail(error)

  constructor(
    core: TransactionCore,
    request: SipRequest,
    branch: string,
    handler: ClientTransactionHandler,
    onTerminated: (transaction: ClientTransaction) => void,
  ) {
    this.#core = core
    this.#request = request
    this.branch = branch
    this.method = request.method
    this.key = clientKey(branch, request.method)
    this.#isInvite = request.method === 'INVITE'
    this.#handler = handler
    this.#onTerminated = onTerminated
    this.#timers = new TransactionTimers(core.clock, core.tally, (input) => this.#step(input))
  }

  get state(): ClientTransactionState {
    return this.#state
  }

  /** The numeric address that the request goes to, once known: ACK and CANCEL must go there too (RFC 3263 section 4). */
  get destination(): Destination | undefined {
    return this.#destination
  }

  /** The request, until its final response. */
  get request(): SipRequest | undefined {
    return this.#request
  }

  /** Forgets the transaction at once: no repetition, no callback follows. */
  terminate(): void {
    this.#step('terminate')
  }

  /** Sends the request, which has its Via, for the first time. */
  start(octets: Buffer, destination: Destination): void {
    if (this.#state !== 'initial') return
    this.#octets = octets
    this.#destination = destination
    this.#step('start')
  }

  receive(response: SipResponse): void {
    const { status } = response
    this.#response = response
    if (status < 200) this.#step('1xx')
    else if (!this.#isInvite) this.#step('200-699')
    else this.#step(status < 300 ? '2xx' : '300-699')
    this.#response = undefined
  }

  fail(error: TransportError): void {
    this.#error = error
    this.#step('transportError')
  }

  #step(input: Input): void {
    const before = this.#state
    const { next, effects } = (
      this.#isInvite
        ? stepInviteClient(before as InviteClientState, input as InviteClientInput)
        : stepNonInviteClient(before as NonInviteClientState, input as NonInviteClientInput)
    ) as Transition<ClientTransactionState, Effect>
    this.#state = next
    // Whoever is told in an effect finds the transaction gone already, and may start another of the same name.
    if (next === 'terminated' && before !== 'terminated') this.#onTerminated(this)
    for (const effect of effects) this.#run(effect)
    if (next === 'accepted' || next === 'completed' || next === 'terminated') this.#release()
    const immediate = this.#immediate
    if (immediate === undefined) return
    this.#immediate = undefined
    if (this.#state === next) this.#step(immediate)
  }

  #run(effect: Effect): void {
    const { t1, t2, t4, timerC } = this.#core.timers
    const isReliable = this.#destination?.protocol !== 'udp'
    switch (effect) {
      case 'sendRequest':
        if (this.#octets !== undefined) this.#send(this.#octets)
        return
      case 'sendAck':
        return this.#sendAcknowledgement()
      case 'passResponse':
        if (this.#response !== undefined) tell(this.#core, (told) => this.#handler.onResponse(told), this.#response)
        return
      case 'startTimerA':
      case 'startTimerE':
        // RFC 3261 sections 17.1.1.2 and 17.1.2.2: only over an unreliable transport.
        if (!isReliable) this.#repeatAfter(effect === 'startTimerA' ? 'timerA' : 'timerE', t1)
        return
      case 'doubleTimerA':
        return this.#repeatAfter('timerA', this.#repetitionInterval * 2)
      case 'doubleTimerE':
        return this.#repeatAfter('timerE', Math.min(this.#repetitionInterval * 2, t2))
      case 'restartTimerEAtT2':
        return this.#repeatAfter('timerE', t2)
      case 'startTimerB':
        return this.#timers.startEnd('timerB', 64 * t1)
      case 'startTimerC':
        return this.#timers.startEnd('timerC', timerC)
      case 'startTimerD':
        // At least 32 s over UDP, none over TCP (RFC 3261 section 17.1.1.2).
        return this.#endAfter('timerD', isReliable ? 0 : 64 * t1)
      case 'startTimerF':
        return this.#timers.startEnd('timerF', 64 * t1)
      case 'startTimerK':
        return this.#endAfter('timerK', isReliable ? 0 : t4)
      case 'startTimerM':
        return this.#timers.startEnd('timerM', 64 * t1)
      case 'stopTimers':
        return this.#timers.stop()
      case 'reportTimeout':
        return tell(this.#core, () => this.#handler.onTimeout(), undefined)
      case 'reportTransportError':
        return tell(
          this.#core,
          (told) => this.#handler.onTransportError(told),
          this.#error ?? new TransportError('closed', 'the request could not be sent'),
        )
      default:
        return effect satisfies never
    }
  }

  #repeatAfter(timer: Input, milliseconds: number): void {
    this.#repetitionInterval = milliseconds
    this.#timers.startRepetition(timer, milliseconds)
  }

  #endAfter(timer: Input, milliseconds: number): void {
    if (milliseconds === 0) this.#immediate = timer
    else this.#timers.startEnd(timer, milliseconds)
  }

  #sendAcknowledgement(): void {
    if (this.#acknowledgement === undefined && this.#request !== undefined && this.#response !== undefined) {
      this.#acknowledgement = serializeMessage(createAcknowledgement(this.#request, this.#response))
    }
    if (this.#acknowledgement !== undefined) this.#send(this.#acknowledgement)
  }

  #send(octets: Buffer): void {
    if (this.#destination !== undefined) this.#core.transport.send(octets, this.#destination, this.#onSendError)
  }

  /** Completed and Accepted last for half a minute, and there are many of them. */
  #release(): void {
    this.#request = undefined
    this.#octets = undefined
  }
}
