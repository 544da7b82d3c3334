import { Headers } from './headers.ts'
import { type NameAddr, parseNameAddr } from './name-addr.ts'
import { SipParseError } from './sip-parse-error.ts'
import { isIdentifier, isToken } from './token.ts'
import { parseVia, type Via } from './via.ts'

export interface CSeq {
  readonly number: number
  readonly method: string
}

const noBody = Buffer.alloc(0)

/**
 * What requests and responses share. Structured headers are parsed when they are first asked for and remembered until the
 * headers change; asking for one that is missing or broken throws {@link SipParseError}. What the parser let in has a sound
 * Via, From, To, Call-ID and CSeq.
 */
abstract class MessageBase {
  readonly headers: Headers
  body: Buffer
  #version = -1
  #via: Via | undefined
  #from: NameAddr | undefined
  #to: NameAddr | undefined
  #cseq: CSeq | undefined
  #contacts: readonly NameAddr[] | '*' | undefined

  constructor(headers: Headers = new Headers(), body: Buffer = noBody) {
    this.headers = headers
    this.body = body
  }

  /** The top Via. */
  get via(): Via {
    this.#refresh()
    this.#via ??= parseVia(firstElement(this.headers, 'Via'))
    return this.#via
  }

  get from(): NameAddr {
    this.#refresh()
    this.#from ??= parseTagged(required(this.headers, 'From'))
    return this.#from
  }

  get to(): NameAddr {
    this.#refresh()
    this.#to ??= parseTagged(required(this.headers, 'To'))
    return this.#to
  }

  get fromTag(): string | undefined {
    return this.from.params.get('tag')
  }

  get toTag(): string | undefined {
    return this.to.params.get('tag')
  }

  /** The address that it came from; undefined for one of ours. */
  receivedFrom: { readonly host: string; readonly port: number } | undefined

  get callId(): string {
    return required(this.headers, 'Call-ID')
  }

  get cseq(): CSeq {
    this.#refresh()
    this.#cseq ??= parseCSeq(required(this.headers, 'CSeq'))
    return this.#cseq
  }

  /** Every Contact, or `*` (RFC 3261 section 20.10). */
  get contacts(): readonly NameAddr[] | '*' {
    this.#refresh()
    this.#contacts ??= parseContacts(this.headers)
    return this.#contacts
  }

  #refresh(): void {
    if (this.#version === this.headers.version) return
    this.#version = this.headers.version
    this.#via = undefined
    this.#from = undefined
    this.#to = undefined
    this.#cseq = undefined
    this.#contacts = undefined
  }
}

export class SipRequest extends MessageBase {
  readonly kind = 'request'
  method: string
  uri: string

  constructor(method: string, uri: string, headers?: Headers, body?: Buffer) {
    super(headers, body)
    this.method = method
    this.uri = uri
  }
}

export class SipResponse extends MessageBase {
  readonly kind = 'response'
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, headers?: Headers, body?: Buffer) {
    super(headers, body)
    this.status = status
    this.reason = reason
  }
}

export type SipMessage = SipRequest | SipResponse

const required = (headers: Headers, name: string): string => {
  const value = headers.get(name)
  if (value === undefined) throw new SipParseError(`Missing ${name.toLowerCase()}`)
  return value
}

const firstElement = (headers: Headers, name: string): string => {
  const value = required(headers, name)
  return value.includes(',') ? (headers.getAll(name)[0] ?? value) : value
}

/** From and To, whose tag is half the name of a dialog. */
const parseTagged = (text: string): NameAddr => {
  const address = parseNameAddr(text)
  const { params } = address
  if (params.has('tag') && !isIdentifier(params.get('tag'))) throw new SipParseError('Bad Tag')
  return address
}

const parseContacts = (headers: Headers): readonly NameAddr[] | '*' => {
  const values = headers.getAll('Contact')
  return values.length === 1 && values[0] === '*' ? '*' : values.map(parseNameAddr)
}

const cseqPattern = /^(\d{1,10})\s+(\S+)$/

/** RFC 3261 section 8.1.1.5: the number is less than 2**31. */
const parseCSeq = (text: string): CSeq => {
  const match = cseqPattern.exec(text)
  const number = Number(match?.[1])
  const method = match?.[2]
  if (method === undefined || number >= 2 ** 31 || !isToken(method)) throw new SipParseError('Bad CSeq')
  return { number, method }
}
