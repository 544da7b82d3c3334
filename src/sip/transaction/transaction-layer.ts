import { hash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Random } from '../../random.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts'
import { serializeMessage } from '../message/serialize-message.ts'
import { boundAnswer } from '../transport/bound-answer.ts'
import type { Destination, Source } from '../transport/destination.ts'
import type { MessageTransport } from '../transport/message-transport.ts'
import { responseDestination } from '../transport/response-destination.ts'
import { TransportError } from '../transport/transport-error.ts'
import { ArrivedRequest, type ArrivedRequestOwner, type TransactionRoom } from './arrived-request.ts'
import { ClientTransaction, type ClientTransactionHandler } from './client-transaction.ts'
import { createVia } from './create-via.ts'
import { InviteProof } from './invite-proof.ts'
import { SentAck } from './sent-ack.ts'
import { ServerTransaction, type ServerTransactionOwner } from './server-transaction.ts'
import { type StrangerOutcome, StrangerWatch } from './stranger-watch.ts'
import { defaultTimerSettings, type TimerSettings } from './timer-values.ts'
import type { TransactionCore } from './transaction-core.ts'
import { clientKey, clientKeyOfResponse, hasMagicCookie, mergeKey, serverKey } from './transaction-key.ts'

export interface TransactionLayerOptions {
  readonly transport: MessageTransport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly timers?: Partial<TimerSettings>
  /** Proves that an INVITE was ours; 32 octets, the same after a restart. Random if absent: then only this process can tell. */
  readonly proofKey?: Buffer
  /** Server transactions at a time; requests beyond them get 503. What strangers can take of it is `shares`. */
  readonly maximumServerTransactions?: number
}

export interface TransactionCounts {
  readonly clientTransactions: number
  readonly serverTransactions: number
  /** Transactions that wait for a moment; at most one timer each. */
  readonly timers: number
}

export interface SendRequestOptions {
  /** The Via branch; a fresh one otherwise. A CANCEL takes that of its INVITE (RFC 3261 section 9.1). */
  readonly branch?: string
}

/** RFC 3261 section 18.1.1: a request above this may be cut into fragments that get lost, and goes by a connection if it can. */
const largestDatagramRequest = 1300

const defaultMaximumServerTransactions = 200_000

/** How full the table may be for a request to get a place: a stranger's leaves room for the BYE of a live call. */
const shares: Readonly<Record<TransactionRoom, number>> = { stranger: 0.5, registration: 0.75, dialog: 1 }

/** RFC 3261 section 17: matches messages to transactions, and makes and forgets them. */
export class TransactionLayer {
  /** A new request, other than ACK and CANCEL. Its user answers it at once, or begins a transaction for it. */
  onRequest: ((arrived: ArrivedRequest) => void) | undefined
  /** An ACK of a 2xx, repetitions included. */
  onAck: ((ack: SipRequest, source: Source) => void) | undefined
  /** A response that belongs to no transaction: late, or meant for a process before this one. */
  onStrayResponse: ((response: SipResponse, source: Source) => void) | undefined
  readonly #core: TransactionCore
  readonly #maximumServerTransactions: number
  readonly #clients = new Map<string, ClientTransaction>()
  readonly #servers = new Map<string, ServerTransaction>()
  readonly #merges = new Map<string, ServerTransaction>()
  readonly #strangers: StrangerWatch
  readonly #proof: InviteProof
  readonly #arrivalOwner: ArrivedRequestOwner = {
    beginTransaction: (arrived, room) => this.#begin(arrived, room),
    answerStatelessly: (request, source, key, response) => this.#answerStatelessly(request, source, key, response),
  }
  readonly #serverOwner: ServerTransactionOwner = {
    passAck: (ack, source) => this.onAck?.(ack, source),
    terminated: (transaction) => this.#forgetServer(transaction),
  }
  readonly #forgetClient = (transaction: ClientTransaction): void => {
    if (this.#clients.get(transaction.key) === transaction) this.#clients.delete(transaction.key)
  }

  constructor(options: TransactionLayerOptions) {
    const { transport, clock, random, log, timers } = options
    this.#core = {
      transport,
      clock,
      random,
      log,
      timers: { ...defaultTimerSettings, ...timers },
      tally: { running: 0 },
    }
    this.#proof = new InviteProof(clock, random, options.proofKey ?? random.bytes(32))
    this.#strangers = new StrangerWatch(clock, log)
    this.#maximumServerTransactions = options.maximumServerTransactions ?? defaultMaximumServerTransactions
    transport.onMessage = (message, source) => this.#receive(message, source)
  }

  /** Sends a request that has no Via of ours yet, by a client transaction. An ACK goes by `sendAck2xx`. */
  sendRequest(
    request: SipRequest,
    destination: Destination,
    handler: ClientTransactionHandler,
    options: SendRequestOptions = {},
  ): ClientTransaction {
    const branch = options.branch ?? this.createBranch()
    const transaction = new ClientTransaction(this.#core, request, branch, handler, this.#forgetClient)
    // RFC 3261 section 9.1: a CANCEL goes where its INVITE went, whatever DNS says by now.
    const cancelled = request.method === 'CANCEL' ? this.#clients.get(clientKey(branch, 'INVITE')) : undefined
    this.#clients.set(transaction.key, transaction)
    const resolved = this.#core.transport.resolve(cancelled?.destination ?? destination)
    if (!(resolved instanceof Promise)) this.#start(transaction, request, resolved)
    else {
      resolved.then(
        (numeric) => this.#start(transaction, request, numeric),
        (error: unknown) => transaction.fail(asTransportError(error)),
      )
    }
    return transaction
  }

  /** Sends the ACK of a 2xx (RFC 3261 section 13.2.2.4): no transaction looks after it. */
  sendAck2xx(ack: SipRequest, destination: Destination): SentAck {
    const { transport, log } = this.#core
    const { callId } = ack
    const sent = new SentAck(ack.cseq.number)
    const branch = this.createBranch()
    const send = (numeric: Destination): void => {
      ack.headers.prepend('Via', createVia(numeric, transport.localAddress(numeric), branch))
      const octets = serializeMessage(ack)
      sent.keep(octets, numeric)
      transport.send(octets, numeric, (error) => log.warn({ err: error, callId }, 'ACK was not sent'))
    }
    const resolved = transport.resolve(destination)
    if (!(resolved instanceof Promise)) send(resolved)
    else resolved.then(send, (error: unknown) => log.warn({ err: error, callId }, 'ACK was not sent'))
    return sent
  }

  /** Sends it once more, to the octet: the peer has repeated its 2xx. To where it went before if no destination is given. */
  repeatAck2xx(sent: SentAck, destination = sent.destination): void {
    const { octets } = sent
    if (octets !== undefined && destination !== undefined) this.#core.transport.send(octets, destination)
  }

  /** RFC 3261 section 8.1.1.7. */
  createBranch(): string {
    return this.#proof.createBranch()
  }

  /** Whether a response that matches nothing proves that we had sent its INVITE to where it comes from. */
  hasSentInvite(response: SipResponse, source: Source): boolean {
    return this.#proof.holds(response, source)
  }

  counts(): TransactionCounts {
    return {
      clientTransactions: this.#clients.size,
      serverTransactions: this.#servers.size,
      timers: this.#core.tally.running,
    }
  }

  /** Forgets every transaction at once; the transport lives on. */
  close(): void {
    for (const transaction of [...this.#clients.values()]) transaction.terminate()
    for (const transaction of [...this.#servers.values()]) transaction.terminate()
  }

  #start(transaction: ClientTransaction, request: SipRequest, destination: Destination): void {
    request.headers.prepend('Via', this.#createVia(request, destination, transaction.branch))
    const octets = serializeMessage(request)
    if (octets.length > largestDatagramRequest && destination.protocol === 'udp') {
      const alternative = this.#core.transport.reliableAlternative?.(destination)
      if (alternative !== undefined) {
        void alternative.then((chosen) => {
          if (chosen.protocol === 'udp') return transaction.start(octets, destination)
          request.headers.replaceFirst('Via', this.#createVia(request, chosen, transaction.branch))
          transaction.start(serializeMessage(request), chosen)
        })
        return
      }
    }
    transaction.start(octets, destination)
  }

  #createVia({ method, callId }: SipRequest, destination: Destination, branch: string): string {
    const isProved = method === 'INVITE' || method === 'CANCEL'
    const proof = isProved ? this.#proof.create(branch, callId, destination) : undefined
    return createVia(destination, this.#core.transport.localAddress(destination), branch, proof)
  }

  #receive(message: SipMessage, source: Source): void {
    message.receivedFrom = source
    if (message.kind === 'response') {
      const transaction = this.#clients.get(clientKeyOfResponse(message))
      if (transaction === undefined) this.onStrayResponse?.(message, source)
      else transaction.receive(message)
      return
    }
    if (message.method === 'ACK') return this.#receiveAck(message, source)
    const key = serverKey(message, message.method)
    const transaction = this.#servers.get(key)
    if (transaction !== undefined) return transaction.receiveRepetition()
    this.#receiveNew(message, source, key)
  }

  #receiveNew(request: SipRequest, source: Source, key: string): void {
    if (request.method === 'CANCEL') return this.#cancel(request, source, key)
    const arrived = new ArrivedRequest(this.#arrivalOwner, request, source, key)
    // RFC 3261 section 8.2.2.2: the same request by another way, forked somewhere before us.
    const isMerged = request.toTag === undefined && this.#merges.has(mergeKey(request))
    if (isMerged) return arrived.answer(createResponse(request, 482, 'Loop Detected'))
    if (this.onRequest === undefined) return arrived.answer(createResponse(request, 503, 'Service Unavailable'))
    try {
      this.onRequest(arrived)
    } catch (error) {
      this.#core.log.error({ err: error, method: request.method, callId: request.callId }, 'request failed')
      arrived.answer(createResponse(request, 500, 'Server Internal Error'))
    }
  }

  #begin({ request, source, key }: ArrivedRequest, room: TransactionRoom): ServerTransaction | undefined {
    if (this.#servers.size >= shares[room] * this.#maximumServerTransactions) {
      const busy = createResponse(request, 503, 'Too Many Transactions')
      busy.headers.append('Retry-After', '5')
      this.#answerStatelessly(request, source, key, busy, 'no room')
      return undefined
    }
    const merge = request.toTag === undefined ? mergeKey(request) : undefined
    const transaction = new ServerTransaction(this.#core, this.#serverOwner, request, source, key, merge)
    this.#servers.set(key, transaction)
    if (merge !== undefined) this.#merges.set(merge, transaction)
    transaction.start()
    return transaction
  }

  /** RFC 3261 section 8.2.7. The To tag follows from the request, so that a repetition gets the same one. */
  #answerStatelessly(
    request: SipRequest,
    source: Source,
    key: string,
    response: SipResponse,
    outcome: StrangerOutcome = 'answered',
  ): void {
    this.#strangers.note(request.method, source.host, outcome)
    // RFC 3261 section 8.2.6.2: every response but 100 has a To tag.
    if (response.toTag === undefined) {
      response.headers.set('To', `${response.headers.get('To')};tag=${hash('sha256', key, 'hex').slice(0, 16)}`)
    }
    const { transport } = this.#core
    const destination = responseDestination(request, source)
    // A stranger who closes its connection shall not make us open another.
    if (transport.hasLost?.(destination) === true) return
    const octets = boundAnswer(response, source.datagramOctets)
    if (octets !== undefined) transport.send(octets, destination)
  }

  /**
   * RFC 3261 section 9.2: the CANCEL itself is answered here; the INVITE by its transaction user. Neither answer needs a
   * transaction: a repeated CANCEL finds the INVITE once more, which is cancelled once.
   */
  #cancel(cancel: SipRequest, source: Source, key: string): void {
    const invite = this.#servers.get(serverKey(cancel, 'INVITE'))
    if (invite === undefined) {
      const unknown = createResponse(cancel, 481, 'Call/Transaction Does Not Exist')
      return this.#answerStatelessly(cancel, source, key, unknown)
    }
    // The To tag should be that of the INVITE's responses; without one so far it may be any.
    const toTag = invite.toTag === undefined ? {} : { toTag: invite.toTag }
    this.#answerStatelessly(cancel, source, key, createResponse(cancel, 200, 'OK', toTag))
    invite.cancel(cancel)
  }

  #receiveAck(ack: SipRequest, source: Source): void {
    const invite = this.#servers.get(serverKey(ack, 'INVITE'))
    // RFC 3261 section 17.2.3: the ACK of an RFC 2543 element matches by the To tag of the response it confirms.
    const isItsOwn = invite !== undefined && (hasMagicCookie(ack) || ack.toTag === invite.toTag)
    if (isItsOwn) invite.receiveAck(ack, source)
    else this.onAck?.(ack, source)
  }

  #forgetServer(transaction: ServerTransaction): void {
    if (this.#servers.get(transaction.key) === transaction) this.#servers.delete(transaction.key)
    const merge = transaction.mergeKey
    if (merge !== undefined && this.#merges.get(merge) === transaction) this.#merges.delete(merge)
  }
}

const asTransportError = (error: unknown): TransportError =>
  error instanceof TransportError
    ? error
    : new TransportError('unresolved', error instanceof Error ? error.message : String(error), { cause: error })
