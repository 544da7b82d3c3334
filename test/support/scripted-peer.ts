import type { MemoryNetwork, NetworkAddress } from './memory-network.ts'

/** A message as it came off the wire; tests read headers by name and never through the parser under test. */
export class WireMessage {
  readonly text: string
  readonly from: NetworkAddress

  constructor(text: string, from: NetworkAddress) {
    this.text = text
    this.from = from
  }

  get firstLine(): string {
    return this.text.slice(0, this.text.indexOf('\r\n'))
  }

  /** The method of a request, `''` for a response. */
  get method(): string {
    return this.firstLine.startsWith('SIP/2.0') ? '' : (this.firstLine.split(' ')[0] ?? '')
  }

  get status(): number {
    return this.firstLine.startsWith('SIP/2.0') ? Number(this.firstLine.slice(8, 11)) : 0
  }

  get body(): string {
    return this.text.slice(this.text.indexOf('\r\n\r\n') + 4)
  }

  header(name: string): string {
    return this.headers(name)[0] ?? ''
  }

  headers(name: string): string[] {
    const head = this.text.slice(0, this.text.indexOf('\r\n\r\n'))
    return head
      .split('\r\n')
      .slice(1)
      .filter((line) => line.slice(0, line.indexOf(':')).trim().toLowerCase() === name.toLowerCase())
      .map((line) => line.slice(line.indexOf(':') + 1).trim())
  }

  /** A tag of From or To. */
  tag(name: 'From' | 'To'): string {
    return /;tag=([^;>\s]+)/.exec(this.header(name))?.[1] ?? ''
  }
}

export interface ResponseParts {
  readonly toTag?: string
  readonly headers?: readonly string[]
  readonly body?: string
  /** Our Contact is added to what makes a dialog unless told otherwise. */
  readonly contact?: string
}

/** A peer that does what a test tells it, right or wrong, byte for byte; it has no stack of its own. */
export class ScriptedPeer {
  readonly address: NetworkAddress
  readonly received: WireMessage[] = []
  /** Called for each message as it comes. */
  onMessage: ((message: WireMessage) => void) | undefined
  readonly #network: MemoryNetwork

  constructor(network: MemoryNetwork, port: number, host = '127.0.0.1') {
    this.#network = network
    this.address = { host, port }
    network.bind(this.address, (datagram, from) => {
      const message = new WireMessage(datagram.toString(), from)
      this.received.push(message)
      this.onMessage?.(message)
    })
  }

  /** Requests and statuses received so far, in order. */
  get heard(): string[] {
    return this.received.map((message) => message.method || String(message.status))
  }

  last(method: string): WireMessage {
    const found = this.received.findLast((message) => message.method === method)
    if (found === undefined) throw new Error(`no ${method} was received, only ${this.heard.join(', ')}`)
    return found
  }

  all(method: string): WireMessage[] {
    return this.received.filter((message) => message.method === method)
  }

  respond(request: WireMessage, status: number, reason: string, parts: ResponseParts = {}): void {
    const to = request.header('To')
    const tagged = parts.toTag === undefined || /;tag=/.test(to) ? to : `${to};tag=${parts.toTag}`
    const contact = parts.contact ?? `<sip:peer@${this.address.host}:${this.address.port}>`
    const lines = [
      `SIP/2.0 ${status} ${reason}`,
      ...request.headers('Via').map((via) => `Via: ${via}`),
      `From: ${request.header('From')}`,
      `To: ${tagged}`,
      `Call-ID: ${request.header('Call-ID')}`,
      `CSeq: ${request.header('CSeq')}`,
      ...(status > 100 && status < 300 && request.method === 'INVITE' ? [`Contact: ${contact}`] : []),
      ...(parts.headers ?? []),
      ...(parts.body === undefined || parts.headers?.some((header) => header.startsWith('Content-Type:'))
        ? []
        : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(parts.body ?? '')}`,
    ]
    this.send(`${lines.join('\r\n')}\r\n\r\n${parts.body ?? ''}`, request.from)
  }

  send(text: string, to: NetworkAddress): void {
    this.#network.send(Buffer.from(text), this.address, to)
  }

  /** A request from its head lines; Via, Max-Forwards and Content-Length are added. */
  request(line: string, headers: readonly string[], to: NetworkAddress, body = ''): void {
    const branch = `z9hG4bKscripted${this.#network.sent.length}`
    const { host, port } = this.address
    const hasVia = headers.some((header) => header.startsWith('Via:'))
    const lines = [
      `${line} SIP/2.0`,
      ...(hasVia ? [] : [`Via: SIP/2.0/UDP ${host}:${port};branch=${branch};rport`]),
      'Max-Forwards: 70',
      ...headers,
      ...(body === '' || headers.some((header) => header.startsWith('Content-Type:'))
        ? []
        : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ]
    this.send(`${lines.join('\r\n')}\r\n\r\n${body}`, to)
  }
}
