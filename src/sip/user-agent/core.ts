import type { Clock, Timer } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Random } from '../../random.ts'
import { escapeUser } from '../message/uri.ts'
import type { TransactionLayer } from '../transaction/transaction-layer.ts'
import type { Destination } from '../transport/destination.ts'
import type { MessageTransport } from '../transport/message-transport.ts'
import { type Capabilities, capabilitiesWith } from './capabilities.ts'
import { DialogTable } from './dialog-table.ts'

/** RFC 3261 section 17, table 4: estimates of the round trip that retransmissions of a 2xx follow. */
export interface SipTimers {
  readonly t1: number
  readonly t2: number
}

export interface UserAgentOptions {
  readonly transactions: TransactionLayer
  readonly transport: MessageTransport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** `User-Agent` of requests and `Server` of responses. */
  readonly userAgentHeader: string
  /** Host part of our Call-IDs. */
  readonly callIdHost?: string
  readonly timers?: SipTimers
  readonly limits?: Partial<UserAgentLimits>
  /**
   * The owner of the sessions takes part in transfers: it hears of a REFER (`onTransferAsked`), lets a call take the place of another
   * (`replaced`), and may refer. Without it, REFER and NOTIFY get 405, and a Replaces is a header that we do not know.
   */
  readonly transfers?: boolean
}

export interface UserAgentLimits {
  /** Dialogs, early ones included; above it incoming INVITEs get 503. */
  readonly dialogs: number
  /** Dialogs of one INVITE: forks beyond these are heard, but get none of their own; answers beyond these are made up. */
  readonly forks: number
  /** Answers to calls of a dead process that are being ended at a time. */
  readonly strayAnswers: number
}

export const defaultLimits: UserAgentLimits = { dialogs: 100_000, forks: 32, strayAnswers: 1000 }

/** What the parts of a user agent share. */
export class UserAgentCore {
  readonly transactions: TransactionLayer
  readonly transport: MessageTransport
  readonly random: Random
  readonly log: Log
  readonly userAgentHeader: string
  readonly callIdHost: string
  readonly timers: SipTimers
  readonly limits: UserAgentLimits
  readonly capabilities: Capabilities
  readonly dialogs = new DialogTable()
  readonly #clock: Clock
  readonly #running = new Set<Alarm>()

  constructor(options: UserAgentOptions) {
    this.transactions = options.transactions
    this.transport = options.transport
    this.#clock = options.clock
    this.random = options.random
    this.log = options.log
    this.userAgentHeader = options.userAgentHeader
    this.callIdHost = options.callIdHost ?? 'cordboard'
    this.timers = options.timers ?? { t1: 500, t2: 4000 }
    this.limits = { ...defaultLimits, ...options.limits }
    this.capabilities = capabilitiesWith(options.transfers ?? false)
  }

  /** How long either side waits for the other before it gives up: 64·T1 (timers B, F, H). */
  get patience(): number {
    return 64 * this.timers.t1
  }

  /** Milliseconds of a clock that is never set. */
  now(): number {
    return this.#clock.monotonic()
  }

  get runningTimers(): number {
    return this.#running.size
  }

  startTimer(task: () => void, milliseconds: number): Alarm {
    const alarm: { timer: Timer | undefined } = { timer: undefined }
    alarm.timer = this.#clock.setTimeout(() => {
      this.#running.delete(alarm)
      task()
    }, milliseconds)
    this.#running.add(alarm)
    return alarm
  }

  stopTimer(alarm: Alarm | undefined): void {
    if (alarm === undefined || !this.#running.delete(alarm)) return
    this.#clock.clearTimeout(alarm.timer)
  }

  stopAllTimers(): void {
    for (const alarm of [...this.#running]) this.stopTimer(alarm)
  }

  createCallId(): string {
    return `${this.random.token(32)}@${this.callIdHost}`
  }

  createTag(): string {
    return this.random.token(16)
  }

  /** Our Contact towards `destination` (RFC 3261 section 8.1.1.8). */
  contact(destination: Destination, user: string): string {
    const { host, port } = this.transport.localAddress(destination)
    const transport = destination.protocol === 'udp' ? '' : `;transport=${destination.protocol}`
    const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
    return `<sip:${user === '' ? '' : `${escapeUser(user)}@`}${bracketed}:${port}${transport}>`
  }
}

/** A timer of the user agent that is still to fire. */
export interface Alarm {
  readonly timer: Timer | undefined
}
