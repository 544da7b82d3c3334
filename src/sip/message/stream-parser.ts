import type { SipMessage } from './message.ts'
import { endOfHead, maximumMessageOctets, parseContentLength, parseMessage } from './parse-message.ts'
import { SipParseError } from './sip-parse-error.ts'

export interface StreamHandler {
  readonly onMessage: (message: SipMessage) => void
  /** A message that was framed but cannot be read; the stream goes on behind it. Without this, `push` throws. */
  readonly onMalformed?: (octets: Buffer, error: SipParseError) => void
  /** CRLF CRLF between messages: the peer's keep-alive ping (RFC 5626 section 3.5.1). */
  readonly onPing?: () => void
  /** A lone CRLF between messages: the answer to our ping. */
  readonly onPong?: () => void
}

/** Everything from one header name to the end of its line, in a head of latin1 text. */
const contentLengthLine = /\r?\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)/i
const carriageReturn = 13
const lineFeed = 10

/**
 * Cuts a byte stream into messages by Content-Length (RFC 3261 section 18.3), whatever the chunking. Holds no more than one
 * message; a stream whose framing is lost throws {@link SipParseError} from `push` and cannot go on.
 */
export class StreamParser {
  readonly #handler: StreamHandler
  #pending: Buffer = Buffer.alloc(0)
  /** Octets of the message under way, once its head is complete. */
  #needed = 0

  constructor(handler: StreamHandler) {
    this.#handler = handler
  }

  /** Octets that wait for the rest of their message. */
  get buffered(): number {
    return this.#pending.length
  }

  push(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#next()) {
      // Each turn takes one message or keep-alive off the front.
    }
    if (this.#pending.length > maximumMessageOctets) throw new SipParseError('Message Too Large', 513)
  }

  #next(): boolean {
    if (this.#needed === 0) {
      if (this.#takeKeepAlive()) return true
      if (!this.#measure()) return false
    }
    if (this.#pending.length < this.#needed) return false
    const octets = this.#pending.subarray(0, this.#needed)
    this.#drop(this.#needed)
    this.#needed = 0
    this.#deliver(octets)
    return true
  }

  #deliver(octets: Buffer): void {
    let message: SipMessage
    try {
      message = parseMessage(octets)
    } catch (error) {
      if (this.#handler.onMalformed === undefined || !(error instanceof SipParseError)) throw error
      return this.#handler.onMalformed(octets, error)
    }
    this.#handler.onMessage(message)
  }

  #takeKeepAlive(): boolean {
    const [first, second, third, fourth] = this.#pending
    if (first !== carriageReturn || second !== lineFeed) return false
    if (third === carriageReturn && fourth === lineFeed) {
      this.#drop(4)
      this.#handler.onPing?.()
      return true
    }
    // A ping may have been cut in half: its second CRLF must have had the chance to arrive.
    if (third === carriageReturn && fourth === undefined) return false
    this.#drop(2)
    this.#handler.onPong?.()
    return true
  }

  #measure(): boolean {
    const end = endOfHead(this.#pending, 0)
    if (!hasEmptyLine(this.#pending, end)) return false
    const match = contentLengthLine.exec(this.#pending.toString('latin1', 0, end))
    // RFC 3261 section 20.14: over a stream Content-Length must be there; without it the body cannot be told from what follows.
    if (match === null) throw new SipParseError('Missing Content-Length')
    this.#needed = end + parseContentLength((match[1] as string).trim())
    if (this.#needed > maximumMessageOctets) throw new SipParseError('Message Too Large', 513)
    return true
  }

  #drop(count: number): void {
    this.#pending = this.#pending.subarray(count)
  }
}

function hasEmptyLine(octets: Buffer, end: number): boolean {
  const tail = octets.toString('latin1', Math.max(0, end - 4), end)
  return tail.endsWith('\r\n\r\n') || tail.endsWith('\n\n')
}
