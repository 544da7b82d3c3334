import type { Clock } from '../../src/clock.ts'
import type { SipMessage } from '../../src/sip/message/message.ts'
import { parseMessage } from '../../src/sip/message/parse-message.ts'
import { serializeMessage } from '../../src/sip/message/serialize-message.ts'
import type { Destination, Source } from '../../src/sip/transport/destination.ts'
import type { MessageTransport } from '../../src/sip/transport/message-transport.ts'
import { TransportError } from '../../src/sip/transport/transport-error.ts'

export interface RecordedMessage {
  /** Milliseconds since the transport was made. */
  readonly at: number
  readonly text: string
  readonly message: SipMessage
  readonly destination: Destination
}

/** A transport that writes down what is sent, fails when told, and delivers what a test makes up. */
export class RecordingTransport implements MessageTransport {
  onMessage: MessageTransport['onMessage']
  readonly sent: RecordedMessage[] = []
  /** Every send fails from now on. */
  isBroken = false
  /** Set to make names resolve to this, or to nothing. */
  resolution: Promise<Destination> | undefined
  alternative: Destination | undefined
  readonly #clock: Clock
  readonly #start: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#start = clock.now()
  }

  resolve(destination: Destination): Destination | Promise<Destination> {
    return this.resolution ?? destination
  }

  reliableAlternative(): Promise<Destination> | undefined {
    return this.alternative && Promise.resolve(this.alternative)
  }

  localAddress(): { host: string; port: number } {
    return { host: '192.0.2.1', port: 5060 }
  }

  send(message: SipMessage | Buffer, destination: Destination, onError?: (error: TransportError) => void): void {
    const octets = Buffer.isBuffer(message) ? message : serializeMessage(message)
    this.sent.push({
      at: this.#clock.now() - this.#start,
      text: octets.toString(),
      message: parseMessage(Buffer.from(octets)),
      destination,
    })
    if (this.isBroken) queueMicrotask(() => onError?.(new TransportError('unreachable', 'broken by the test')))
  }

  /** Brings a message in; lines are joined with CRLF, and the rest of the head is added. */
  receive(lines: readonly string[], protocol: Source['protocol'] = 'udp'): void {
    const message = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`))
    const local = { host: '192.0.2.1', port: 5060 }
    this.onMessage?.(message, { protocol, host: '192.0.2.2', port: 5060, local, flow: `${protocol}:test` })
  }

  /** When each message left, as `0 INVITE, 500 INVITE, 700 200`. */
  get timeline(): string {
    return this.sent.map(({ at, message }) => `${at} ${nameOf(message)}`).join(', ')
  }

  get names(): string[] {
    return this.sent.map(({ message }) => nameOf(message))
  }
}

const nameOf = (message: SipMessage): string => (message.kind === 'request' ? message.method : String(message.status))
