import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface Invitation {
  /** The user parts of the Request-URI and of From: who is called, and by whom. */
  readonly called: string
  readonly caller: string
  /** `performance.now()` when it came off the socket. */
  readonly at: number
}

/**
 * A phone or a carrier that rings and answers every call at once, in the bench's own process: what it notes of time needs no other
 * clock. It is no SIP stack: it knows what a bench needs, on a network that loses nothing.
 */
export class SipPeer {
  readonly port: number
  /** Called for each INVITE, before it is answered. */
  onInvite: (invitation: Invitation) => void = () => {}
  /** Called as the answer (200) leaves. */
  onAnswering: (invitation: Invitation) => void = () => {}
  /** Called for the answer to a BYE of its own. */
  onByeAnswered: (status: number) => void = () => {}
  readonly #socket: Socket
  /** How long it talks before it hangs up; it waits for the other side's BYE if undefined. */
  readonly #talkMilliseconds: number | undefined
  /** What is sent again until it is confirmed, by method and Call-ID: where datagrams get lost a peer must be as patient as a phone. */
  readonly #repetitions = new Map<string, NodeJS.Timeout>()
  /** Calls that have their end already. */
  readonly #leaving = new Set<string>()

  static async open(options: { readonly talkMilliseconds?: number; readonly port?: number } = {}): Promise<SipPeer> {
    const socket = createSocket('udp4').bind(options.port ?? 0, '127.0.0.1')
    await once(socket, 'listening')
    return new SipPeer(socket, options.talkMilliseconds)
  }

  private constructor(socket: Socket, talkMilliseconds: number | undefined) {
    this.#socket = socket
    this.#talkMilliseconds = talkMilliseconds
    this.port = socket.address().port
    socket.on('message', (packet, from) => this.#take(packet.toString('latin1'), from, performance.now()))
  }

  close(): void {
    for (const repetition of this.#repetitions.values()) clearInterval(repetition)
    this.#socket.close()
  }

  #take(message: string, from: RemoteInfo, at: number): void {
    if (message.startsWith('INVITE ')) this.#answer(message, from, at)
    else if (message.startsWith('BYE ')) this.#send(response(message, '200 OK'), from)
    else if (message.startsWith('ACK ')) this.#confirm(`INVITE ${callIdOf(message)}`)
    else if (message.startsWith('SIP/2.0 ') && header(message, 'CSeq').endsWith(' BYE')) {
      if (this.#confirm(`BYE ${callIdOf(message)}`)) this.onByeAnswered(Number(message.slice(8, 11)))
    }
  }

  #answer(invite: string, from: RemoteInfo, at: number): void {
    const invitation = { called: userOf(invite), caller: userOf(header(invite, 'From')), at }
    this.onInvite(invitation)
    this.#send(response(invite, '180 Ringing', this.port), from)
    this.onAnswering(invitation)
    const callId = callIdOf(invite)
    this.#repeat(`INVITE ${callId}`, response(invite, '200 OK', this.port, sdp), from)
    if (this.#talkMilliseconds === undefined || this.#leaving.has(callId)) return
    this.#leaving.add(callId)
    setTimeout(() => this.#repeat(`BYE ${callId}`, this.#bye(invite), from), this.#talkMilliseconds)
  }

  /** RFC 3261 sections 13.3.1.4 and 17.1.2.2, at T1 for all: until it is confirmed, or the peer closes. */
  #repeat(name: string, message: string, to: RemoteInfo): void {
    this.#confirm(name)
    this.#send(message, to)
    this.#repetitions.set(name, setInterval(() => this.#send(message, to), 500).unref())
  }

  /** False for what was confirmed before. */
  #confirm(name: string): boolean {
    clearInterval(this.#repetitions.get(name))
    return this.#repetitions.delete(name)
  }

  #send(message: string, to: RemoteInfo): void {
    this.#socket.send(message, to.port, to.address)
  }

  #bye(invite: string): string {
    const target = /<([^>]+)>/.exec(header(invite, 'Contact'))?.[1]
    return lines([
      `BYE ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${callIdOf(invite)}`,
      'Max-Forwards: 70',
      `From: ${header(invite, 'To')};tag=${tagOf(invite)}`,
      `To: ${header(invite, 'From')}`,
      `Call-ID: ${callIdOf(invite)}`,
      'CSeq: 1 BYE',
      'Content-Length: 0',
    ])
  }
}

const header = (message: string, name: string): string => {
  const start = message.indexOf(`\r\n${name}: `) + name.length + 4
  return message.slice(start, message.indexOf('\r\n', start))
}
const userOf = (text: string): string => /sips?:([^@;>]+)@/.exec(text)?.[1] ?? ''
const callIdOf = (message: string): string => header(message, 'Call-ID')
/** The same for every response of a call. */
const tagOf = (message: string): string => callIdOf(message).slice(0, 12)
const lines = (head: readonly string[], body = ''): string => `${head.join('\r\n')}\r\n\r\n${body}`

const sdp = [
  ...['v=0', 'o=phone 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
  ...['m=audio 6000 RTP/AVP 8 101', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', 'a=ptime:20', ''],
].join('\r\n')

function response(request: string, status: string, contactPort?: number, body = ''): string {
  const to = header(request, 'To')
  return lines(
    [
      `SIP/2.0 ${status}`,
      `Via: ${header(request, 'Via')}`,
      `From: ${header(request, 'From')}`,
      `To: ${to}${to.includes(';tag=') ? '' : `;tag=${tagOf(request)}`}`,
      `Call-ID: ${callIdOf(request)}`,
      `CSeq: ${header(request, 'CSeq')}`,
      ...(contactPort === undefined ? [] : [`Contact: <sip:127.0.0.1:${contactPort}>`]),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ],
    body,
  )
}
