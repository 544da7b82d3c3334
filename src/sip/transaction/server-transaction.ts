import { createResponse } from '../message/create-response.ts'
import { detach } from '../message/detach.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { serializeMessage } from '../message/serialize-message.ts'
import type { Destination, Source } from '../transport/destination.ts'
import { responseDestination } from '../transport/response-destination.ts'
import { TransportError } from '../transport/transport-error.ts'
import {
  type InviteServerEffect,
  type InviteServerInput,
  type InviteServerState,
  stepInviteServer,
} from './invite-server.ts'
import {
  type NonInviteServerEffect,
  type NonInviteServerInput,
  type NonInviteServerState,
  stepNonInviteServer,
} from './non-invite-server.ts'
import { type TransactionCore, tell } from './transaction-core.ts'
import { TransactionTimers } from './transaction-timers.ts'
import type { Transition } from './transition-table.ts'

export type ServerTransactionState = InviteServerState | NonInviteServerState
type Input = InviteServerInput | NonInviteServerInput
type Effect = InviteServerEffect | NonInviteServerEffect

/** What the layer does for its server transactions. */
export interface ServerTransactionOwner {
  passAck(ack: SipRequest, source: Source): void
  terminated(transaction: ServerTransaction): void
}

/** Carries out what the two server machines decide (RFC 3261 section 17.2). */
export class ServerTransaction {
  readonly source: Source
  /** By what repetitions and ACK find it. */
  readonly key: string
  /** By what the same request over another way finds it. */
  readonly mergeKey: string | undefined
  /** The INVITE is cancelled and still unanswered: 487 is due. The CANCEL has its 200 already (RFC 3261 section 9.2). */
  onCancel: ((cancel: SipRequest) => void) | undefined
  /** A final response got no ACK in time (timer H), or none was given at all while the client waited. */
  onTimeout: (() => void) | undefined
  onTransportError: ((error: TransportError) => void) | undefined
  readonly #core: TransactionCore
  readonly #owner: ServerTransactionOwner
  readonly #timers: TransactionTimers<Input>
  readonly #isInvite: boolean
  #state: ServerTransactionState = 'initial'
  readonly #destination: Destination
  #toTag: string | undefined
  /** Until the final response is out. */
  #request: SipRequest | undefined
  /** The newest response, for repetition: one character an octet (Latin-1), the smallest thing that holds it. */
  #octets: string | undefined
  #isCancelled = false
  #repetitionInterval = 0
  #immediate: Input | undefined
  /** What the effects under way speak of. */
  #response: SipResponse | undefined
  #ack: { readonly request: SipRequest; readonly source: Source } | undefined
  #error: TransportError | undefined
  readonly #onSendError = (error: TransportError): void => {
    this.#error = error
    this.#step('transportError')
  }

  constructor(
    core: TransactionCore,
    owner: ServerTransactionOwner,
    request: SipRequest,
    source: Source,
    key: string,
    mergeKey: string | undefined,
  ) {
    this.#core = core
    this.#owner = owner
    this.#request = request
    this.#destination = responseDestination(request, source)
    this.source = source
    this.key = key
    this.mergeKey = mergeKey
    this.#isInvite = request.method === 'INVITE'
    this.#timers = new TransactionTimers(core.clock, core.tally, (input) => this.#step(input))
  }

  get state(): ServerTransactionState {
    return this.#state
  }

  /** The To tag of what was answered so far; undefined before, and after a 100 alone. */
  get toTag(): string | undefined {
    return this.#toTag
  }

  /**
   * Sends a response: any number of provisional ones, then a final one; a 2xx to INVITE again and again, until its ACK. What the
   * state does not allow is dropped silently, for the peer or the network may have ended the transaction meanwhile.
   */
  respond(response: SipResponse): void {
    const { status } = response
    this.#response = response
    if (status < 200) this.#step('respond1xx')
    else if (!this.#isInvite) this.#step('respond200-699')
    else this.#step(status < 300 ? 'respond2xx' : 'respond300-699')
    this.#response = undefined
  }

  /** Forgets the transaction at once, without a word to the peer. */
  terminate(): void {
    this.#step('terminate')
  }

  start(): void {
    this.#step('start')
  }

  receiveRepetition(): void {
    this.#step('request')
  }

  receiveAck(ack: SipRequest, source: Source): void {
    this.#ack = { request: ack, source }
    this.#step('ack')
    this.#ack = undefined
  }

  /** RFC 3261 section 9.2: a CANCEL changes nothing once a final response is out, nor when it is repeated. */
  cancel(cancel: SipRequest): void {
    if (this.#state !== 'proceeding' || this.#isCancelled) return
    this.#isCancelled = true
    tell(this.#core, this.onCancel, cancel)
  }

  #step(input: Input): void {
    const before = this.#state
    const { next, effects } = (
      this.#isInvite
        ? stepInviteServer(before as InviteServerState, input as InviteServerInput)
        : stepNonInviteServer(before as NonInviteServerState, input as NonInviteServerInput)
    ) as Transition<ServerTransactionState, Effect>
    this.#state = next
    if (next === 'terminated' && before !== 'terminated') this.#owner.terminated(this)
    for (const effect of effects) this.#run(effect)
    // What comes behind a final response lasts for half a minute, and there are many of them.
    if (next === 'completed' || next === 'accepted' || next === 'terminated') this.#request = undefined
    const immediate = this.#immediate
    if (immediate === undefined) return
    this.#immediate = undefined
    if (this.#state === next) this.#step(immediate)
  }

  #run(effect: Effect): void {
    const { t1, t2, t4, trying } = this.#core.timers
    const isReliable = this.source.protocol !== 'udp'
    switch (effect) {
      case 'passAck':
        if (this.#ack !== undefined) this.#owner.passAck(this.#ack.request, this.#ack.source)
        return
      case 'sendTrying':
        return this.#request === undefined ? undefined : this.#sendNew(serializeMessage(createTrying(this.#request)))
      case 'sendResponse':
        if (this.#response === undefined) return
        this.#toTag = detach(this.#response.toTag ?? this.#toTag ?? '') || undefined
        return this.#sendNew(serializeMessage(this.#response))
      case 'repeatResponse':
        if (this.#octets !== undefined) this.#send(Buffer.from(this.#octets, 'latin1'))
        return
      case 'startTimer100':
        return this.#timers.startEnd('timer100', trying)
      case 'startTimerG':
        if (!isReliable) this.#repeatAfter(t1)
        return
      case 'doubleTimerG':
        return this.#repeatAfter(Math.min(this.#repetitionInterval * 2, t2))
      case 'startTimerF':
        return this.#timers.startEnd('timerF', 64 * t1)
      case 'startTimerH':
        return this.#timers.startEnd('timerH', 64 * t1)
      case 'startTimerI':
        return this.#endAfter('timerI', isReliable ? 0 : t4)
      case 'startTimerJ':
        return this.#endAfter('timerJ', isReliable ? 0 : 64 * t1)
      case 'startTimerL':
        return this.#timers.startEnd('timerL', 64 * t1)
      case 'stopTimers':
        return this.#timers.stop()
      case 'reportTimeout':
        return tell(this.#core, this.onTimeout, undefined)
      case 'reportTransportError':
        return tell(
          this.#core,
          this.onTransportError,
          this.#error ?? new TransportError('closed', 'the response could not be sent'),
        )
      default:
        return effect satisfies never
    }
  }

  #repeatAfter(milliseconds: number): void {
    this.#repetitionInterval = milliseconds
    this.#timers.startRepetition('timerG', milliseconds)
  }

  #endAfter(timer: Input, milliseconds: number): void {
    if (milliseconds === 0) this.#immediate = timer
    else this.#timers.startEnd(timer, milliseconds)
  }

  #sendNew(octets: Buffer): void {
    this.#octets = octets.toString('latin1')
    this.#send(octets)
  }

  #send(octets: Buffer): void {
    this.#core.transport.send(octets, this.#destination, this.#onSendError)
  }
}

/** RFC 3261 section 8.2.6.1: a 100 repeats the Timestamp. */
const createTrying = (request: SipRequest): SipResponse => {
  const response = createResponse(request, 100, 'Trying')
  const timestamp = request.headers.get('Timestamp')
  if (timestamp !== undefined) response.headers.append('Timestamp', timestamp)
  return response
}
