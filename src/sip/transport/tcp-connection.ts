import type { Clock, Timer } from '../../clock.ts'
import type { SipMessage } from '../message/message.ts'
import type { SipParseError } from '../message/sip-parse-error.ts'
import { StreamParser } from '../message/stream-parser.ts'
import type { FlowId } from './destination.ts'
import type { StreamConnection, StreamHandler } from './sockets.ts'
import { TransportError, type TransportErrorCode } from './transport-error.ts'

export interface TcpConnectionLimits {
  /** For a connection of ours to be set up. */
  readonly connectMilliseconds: number
  /** For a peer's first message, and for any message from its first octet to its last. */
  readonly messageMilliseconds: number
  /** Without any message in either direction. Longer than a registration, because a phone may send nothing else. */
  readonly idleMilliseconds: number
  /** The same where nobody has shown a password over the connection, or its registration is over. Pings do not count. */
  readonly strangerIdleMilliseconds: number
  /** That the peer has not taken. */
  readonly backlogOctets: number
  /** Of a stranger: what it has not taken, and what it has sent of a message. */
  readonly strangerOctets: number
}

export interface TcpConnectionOwner {
  readonly clock: Clock
  readonly limits: TcpConnectionLimits
  connected(connection: TcpConnection): void
  message(message: SipMessage, connection: TcpConnection): void
  malformed(octets: Buffer, error: SipParseError, connection: TcpConnection): void
  keepAlive(connection: TcpConnection): void
  /** The connection is closed. `dropped`: we closed it, because of what the peer did. */
  closed(connection: TcpConnection, dropped: boolean): void
}

type SendErrorHandler = (error: TransportError) => void

/** The answer to a ping (RFC 5626 section 3.5.1). */
const pong = Buffer.from('\r\n')
const maximumUnconfirmed = 64

/** One TCP connection: cuts the stream into messages, answers pings, and does not wait for ever. */
export class TcpConnection implements StreamHandler {
  readonly flow: FlowId
  readonly #owner: TcpConnectionOwner
  readonly #parser: StreamParser
  #stream: StreamConnection | undefined
  #isConnecting: boolean
  #isClosed = false
  #dropped: TransportError | undefined
  #hasSpoken: boolean
  readonly #openedAt: number
  #lastActivity: number
  #lastMessage: number
  readonly #isOurs: boolean
  /** Until when it was ours, or a phone was registered over it; infinite as long as that lasts. */
  #heldUntil: number
  /** Since when a message is under way. */
  #partialSince: number | undefined
  #timer: Timer | undefined
  #armedFor = Number.POSITIVE_INFINITY
  /** Told if the connection ends before the peer is heard again: what they sent may be lost. */
  #unconfirmed: SendErrorHandler[] = []

  constructor(flow: FlowId, owner: TcpConnectionOwner, isOurs: boolean) {
    this.flow = flow
    this.#owner = owner
    this.#isConnecting = isOurs
    this.#hasSpoken = isOurs
    this.#openedAt = owner.clock.monotonic()
    this.#lastActivity = this.#openedAt
    this.#lastMessage = this.#openedAt
    this.#isOurs = isOurs
    this.#heldUntil = isOurs ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    this.#parser = new StreamParser({
      onMessage: (message) => {
        this.#hasSpoken = true
        this.#lastMessage = owner.clock.monotonic()
        this.#partialSince = undefined
        if (!this.#isClosed) this.#owner.message(message, this)
      },
      onMalformed: (octets, error) => {
        if (!this.#isClosed) this.#owner.malformed(octets, error, this)
      },
      // RFC 3261 section 18.3: it gets its 400 before the connection is closed.
      onLost: (octets, error) => {
        if (!this.#isClosed) this.#owner.malformed(octets, error, this)
      },
      onLineEnd: () => this.#owner.keepAlive(this),
      onPing: () => this.#write(pong),
    })
  }

  get stream(): StreamConnection {
    if (this.#stream === undefined) throw new Error('the connection has no stream yet')
    return this.#stream
  }

  get isConnecting(): boolean {
    return this.#isConnecting
  }

  /** Whether it is one of ours, or that of a phone that is registered. */
  get isHeld(): boolean {
    return this.#heldUntil === Number.POSITIVE_INFINITY
  }

  /** Holds it, though nothing may come, or lets it go as a stranger's. One of ours stays held. */
  hold(isHeld: boolean): void {
    if (this.#isOurs) return
    this.#heldUntil = isHeld ? Number.POSITIVE_INFINITY : this.#owner.clock.monotonic()
    this.#arm()
  }

  /** Closes it for the sake of another. */
  evict(): void {
    this.#drop('limit', 'the place was needed')
  }

  /** Called once, before anything else. */
  attach(stream: StreamConnection): void {
    this.#stream = stream
    this.#arm()
  }

  send(octets: Buffer, onError: SendErrorHandler | undefined): void {
    this.#lastActivity = this.#owner.clock.monotonic()
    if (onError !== undefined) {
      if (this.#unconfirmed.length >= maximumUnconfirmed) this.#unconfirmed.shift()
      this.#unconfirmed.push(onError)
    }
    this.#write(octets)
  }

  /** Closes at once; whoever waits is told. */
  close(): void {
    this.#stream?.destroy()
  }

  onConnected(): void {
    this.#isConnecting = false
    this.#lastActivity = this.#owner.clock.monotonic()
    this.#owner.connected(this)
  }

  onData(chunk: Buffer): void {
    if (this.#isClosed || this.#dropped !== undefined) return
    const now = this.#owner.clock.monotonic()
    this.#lastActivity = now
    if (this.#unconfirmed.length > 0) this.#unconfirmed = []
    try {
      this.#parser.push(chunk)
    } catch (error) {
      // Where the next message begins can no longer be known.
      return this.#drop('closed', `the peer's stream cannot be read: ${(error as Error).message}`)
    }
    if (this.#parser.buffered === 0) this.#partialSince = undefined
    else this.#partialSince ??= now
    if (this.#parser.buffered > this.#owner.limits.strangerOctets && !this.isHeld) {
      return this.#drop('limit', 'a stranger’s message is too long')
    }
    this.#arm()
  }

  onClosed(error: Error | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#owner.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    const failure = this.#dropped ?? this.#failure(error)
    this.#owner.closed(this, this.#dropped !== undefined)
    const waiting = this.#unconfirmed
    this.#unconfirmed = []
    for (const onError of waiting) onError(failure)
  }

  #failure(error: Error | undefined): TransportError {
    const { host, port } = this.stream.remote
    const code: TransportErrorCode = this.#isConnecting ? 'unreachable' : 'closed'
    const what = this.#isConnecting ? 'no connection' : 'the connection was lost'
    const why = error === undefined ? '' : `: ${error.message}`
    return new TransportError(code, `${what} to ${host}:${port}${why}`, error && { cause: error })
  }

  #write(octets: Buffer): void {
    const { stream } = this
    const { backlogOctets, strangerOctets } = this.#owner.limits
    stream.write(octets)
    const longest = this.isHeld ? backlogOctets : strangerOctets
    if (stream.backlog > longest) this.#drop('limit', 'the peer does not read')
  }

  #drop(code: TransportErrorCode, message: string): void {
    const { host, port } = this.stream.remote
    this.#dropped ??= new TransportError(code, `${message} (${host}:${port})`)
    this.stream.destroy()
  }

  /** The moment at which this connection has waited long enough. */
  #deadline(): number {
    const { connectMilliseconds, messageMilliseconds, idleMilliseconds, strangerIdleMilliseconds } = this.#owner.limits
    if (this.#isConnecting) return this.#openedAt + connectMilliseconds
    const quiet = Math.max(this.#lastMessage, this.#heldUntil) + strangerIdleMilliseconds
    const idle = Math.min(quiet, this.#lastActivity + idleMilliseconds)
    // A peer that connects and says nothing, or a word at a time, must not hold a place (slowloris).
    if (this.#partialSince !== undefined) return Math.min(idle, this.#partialSince + messageMilliseconds)
    return this.#hasSpoken ? idle : Math.min(idle, this.#openedAt + messageMilliseconds)
  }

  /** Lazily: a deadline that has moved on is found out when the timer fires. */
  #arm(): void {
    if (this.#isClosed) return
    const at = this.#deadline()
    if (at >= this.#armedFor) return
    const { clock } = this.#owner
    clock.clearTimeout(this.#timer)
    this.#armedFor = at
    this.#timer = clock.setTimeout(() => this.#expired(), Math.max(0, at - clock.monotonic()))
  }

  #expired(): void {
    this.#timer = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    if (this.#deadline() > this.#owner.clock.monotonic()) return this.#arm()
    if (this.#isConnecting) return this.#drop('timeout', 'the connection was not accepted in time')
    this.#drop('timeout', this.#hasSpoken && this.#partialSince === undefined ? 'idle' : 'no whole message in time')
  }
}
