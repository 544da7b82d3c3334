import type { SipMessage } from './message.ts'
import { maximumMessageOctets } from './message-limits.ts'
import { findHeadEnd, type MessageHead, parseHead } from './parse-head.ts'
import { contentLength, createMessage, parseContentLength } from './parse-message.ts'
import { SipParseError } from './sip-parse-error.ts'

export interface StreamHandler {
  readonly onMessage: (message: SipMessage) => void
  /** A message that was framed but cannot be read; the stream goes on behind it. Without this, `push` throws. */
  readonly onMalformed?: (octets: Buffer, error: SipParseError) => void
  /** Where the framing is lost, with the octets from the beginning of the message on; `push` throws afterwards. */
  readonly onLost?: (octets: Buffer, error: SipParseError) => void
  /**
   * A CRLF between messages, and no second one before it: the answer to our ping, or the first half of the peer's (RFC 5626 section
   * 3.5.1). Which of the two cannot be known yet, and waiting for the next octets would hold back the answer.
   */
  readonly onLineEnd?: () => void
  /** The second CRLF behind each other: the peer's ping, which must be answered. */
  readonly onPing?: () => void
}

/** The message under way, its head complete. */
interface Frame {
  readonly head: MessageHead | SipParseError
  readonly bodyStart: number
  readonly end: number
}

const carriageReturn = 0x0d
const lineFeed = 0x0a
const smallestStorage = 2048
/** For a head that cannot be parsed otherwise: where it ends must still be known. */
const contentLengthLine = /\r\n(?:content-length|l)[ \t]*:(?:[ \t]|\r\n[ \t])*([^\r\n]*)/gi

/**
 * Cuts a byte stream into messages by Content-Length (RFC 3261 section 18.3), whatever the chunking, in time proportional to the
 * stream. Holds no more than one message. Where the framing is lost `push` throws {@link SipParseError}, then and ever after.
 */
export class StreamParser {
  readonly #handler: StreamHandler
  /** Octets from `#start` to `#end` are pending. What lies before belongs to messages handed out, and is never written again. */
  #storage: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  /** The end of the head lies not before this. */
  #searched = 0
  #frame: Frame | undefined
  /** What was taken last is the first CRLF of a ping, if another one follows. */
  #isHalfPinged = false
  #failure: SipParseError | undefined

  constructor(handler: StreamHandler) {
    this.#handler = handler
  }

  /** Octets that wait for the rest of their message. */
  get buffered(): number {
    return this.#end - this.#start
  }

  push(chunk: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#append(chunk)
    while (this.#end > this.#start && this.#next()) {
      // Each turn takes one message or keep-alive off the front.
    }
    if (this.buffered > maximumMessageOctets) this.#fail(new SipParseError('Message Too Large', 513))
  }

  #append(chunk: Buffer): void {
    const pending = this.buffered
    if (pending === 0) {
      this.#storage = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#searched = 0
      return
    }
    if (this.#storage.length - this.#end < chunk.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(2 * (pending + chunk.length), smallestStorage))
      this.#storage.copy(grown, 0, this.#start, this.#end)
      this.#searched -= this.#start
      if (this.#frame !== undefined) this.#frame = moved(this.#frame, -this.#start)
      this.#storage = grown
      this.#start = 0
      this.#end = pending
    }
    this.#storage.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** Takes one thing off the front; false if that must wait for more. */
  #next(): boolean {
    if (this.#frame === undefined) {
      if (this.#storage[this.#start] === carriageReturn) return this.#takeLineEnd()
      this.#isHalfPinged = false
      if (!this.#openFrame()) return false
    }
    const frame = this.#frame as Frame | undefined
    if (frame === undefined || frame.end > this.#end) return false
    const { head, bodyStart, end } = frame
    const octets = this.#storage.subarray(this.#start, end)
    const body = this.#storage.subarray(bodyStart, end)
    this.#frame = undefined
    this.#skipTo(end)
    this.#deliver(octets, head, body)
    return true
  }

  #takeLineEnd(): boolean {
    if (this.buffered < 2) return false
    if (this.#storage[this.#start + 1] !== lineFeed) this.#fail(new SipParseError('Bad Line End'))
    this.#skipTo(this.#start + 2)
    this.#isHalfPinged = !this.#isHalfPinged
    if (this.#isHalfPinged) this.#handler.onLineEnd?.()
    else this.#handler.onPing?.()
    return true
  }

  #openFrame(): boolean {
    const pending = this.#storage.subarray(0, this.#end)
    const headEnd = findHeadEnd(pending, this.#searched)
    if (headEnd < 0) {
      // The mark may have begun in the last three octets.
      this.#searched = Math.max(this.#start, this.#end - 3)
      return false
    }
    const head = tryParseHead(pending, this.#start, headEnd)
    const length = this.#bodyLength(head, headEnd)
    const bodyStart = headEnd + 4
    if (bodyStart - this.#start + length > maximumMessageOctets) this.#fail(new SipParseError('Message Too Large', 513))
    this.#frame = { head, bodyStart, end: bodyStart + length }
    return true
  }

  /** RFC 3261 section 20.14: over a stream, Content-Length must be there; without it nobody knows where the next message begins. */
  #bodyLength(head: MessageHead | SipParseError, headEnd: number): number {
    try {
      const length = head instanceof SipParseError ? this.#searchContentLength(headEnd) : contentLength(head)
      if (length === undefined) throw new SipParseError('Missing Content-Length')
      return length
    } catch (error) {
      return this.#fail(error as SipParseError)
    }
  }

  #searchContentLength(headEnd: number): number | undefined {
    const text = this.#storage.toString('latin1', this.#start, headEnd)
    const [only, ...others] = [...text.matchAll(contentLengthLine)].map((match) => (match[1] as string).trim())
    return only === undefined || others.length > 0 ? undefined : parseContentLength(only)
  }

  #deliver(octets: Buffer, head: MessageHead | SipParseError, body: Buffer): void {
    let message: SipMessage
    try {
      if (head instanceof SipParseError) throw head
      message = createMessage(head, body)
    } catch (error) {
      if (!(error instanceof SipParseError) || this.#handler.onMalformed === undefined) throw error
      return this.#handler.onMalformed(octets, error)
    }
    this.#handler.onMessage(message)
  }

  #skipTo(position: number): void {
    this.#start = position
    this.#searched = position
  }

  #fail(error: SipParseError): never {
    this.#failure = error
    this.#handler.onLost?.(this.#storage.subarray(this.#start, this.#end), error)
    this.#storage = Buffer.alloc(0)
    this.#start = 0
    this.#end = 0
    this.#frame = undefined
    throw error
  }
}

const tryParseHead = (octets: Buffer, start: number, end: number): MessageHead | SipParseError => {
  try {
    return parseHead(octets, start, end)
  } catch (error) {
    if (error instanceof SipParseError) return error
    throw error
  }
}

const moved = ({ head, bodyStart, end }: Frame, by: number): Frame => ({
  head,
  bodyStart: bodyStart + by,
  end: end + by,
})
