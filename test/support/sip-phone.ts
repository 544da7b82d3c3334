import { endCauses } from '../../src/call/end-cause.ts'
import type { PhoneScript } from '../doubles/phone-script.ts'
import type { MemoryNetwork } from './memory-network.ts'
import { ScriptedPeer, type WireMessage } from './scripted-peer.ts'
import { testDescription } from './test-engine.ts'
import type { VirtualClock } from './virtual-clock.ts'

type CallState = 'ringing' | 'answered' | 'gone'

/** One INVITE at the phone. */
interface Call {
  readonly invite: WireMessage
  state: CallState
}

/** A SIP phone, or a carrier, that does what a script says with every call, and writes down what it was told. */
export class SipPhone {
  readonly heard: string[] = []
  readonly #peer: ScriptedPeer
  readonly #clock: VirtualClock
  readonly #script: PhoneScript
  readonly #calls = new Map<string, Call>()

  constructor(network: MemoryNetwork, clock: VirtualClock, port: number, script: PhoneScript) {
    this.#clock = clock
    this.#script = script
    this.#peer = new ScriptedPeer(network, port)
    this.#peer.onMessage = (message) => this.#receive(message)
  }

  /** Calls that ring or talk here. A dead phone does neither. */
  get up(): number {
    if (this.#isDead) return 0
    return [...this.#calls.values()].filter(({ state }) => state !== 'gone').length
  }

  #receive(message: WireMessage): void {
    const id = message.header('Call-ID')
    const call = this.#calls.get(id)
    switch (message.method) {
      case 'INVITE':
        if (call === undefined) this.#ring(id, message)
        return
      case 'ACK':
        if (call?.state === 'answered') this.heard.push('ack')
        return
      case 'CANCEL':
        return this.#cancel(call, message)
      case 'BYE':
        if (call !== undefined) call.state = 'gone'
        this.heard.push('bye')
        return this.#peer.respond(message, 200, 'OK')
    }
  }

  #ring(id: string, invite: WireMessage): void {
    const call: Call = { invite, state: 'ringing' }
    this.#calls.set(id, call)
    this.heard.push('invite')
    const { rings, answers, refuses } = this.#script
    if (rings !== undefined) this.#later(call, rings, () => this.#respond(call, 180, 'Ringing'))
    if (answers !== undefined) this.#later(call, answers, () => this.#answer(call))
    if (refuses !== undefined) {
      this.#later(call, refuses.after, () => {
        call.state = 'gone'
        const { as, forwardTo } = refuses
        if (forwardTo === undefined) return this.#respond(call, endCauses[as].sipStatus, 'No')
        this.#peer.respond(call.invite, 302, 'Moved Temporarily', {
          toTag: this.#tag,
          headers: [`Contact: <sip:${forwardTo}@pbx.example;user=phone>`],
        })
      })
    }
  }

  #answer(call: Call): void {
    call.state = 'answered'
    this.#respond(call, 200, 'OK', testDescription())
    const { hangsUp, holds, resumes } = this.#script
    this.#talking(call, holds, () =>
      this.#request(call, 1, 'UPDATE', testDescription(40_000, '8 0 101', ['a=sendonly'])),
    )
    this.#talking(call, resumes, () => this.#request(call, 2, 'UPDATE', testDescription()))
    this.#talking(call, hangsUp, () => {
      call.state = 'gone'
      this.#request(call, 3, 'BYE')
    })
  }

  #talking(call: Call, milliseconds: number | undefined, task: () => void): void {
    if (milliseconds === undefined) return
    this.#clock.setTimeout(() => {
      if (call.state === 'answered') task()
    }, milliseconds)
  }

  #request({ invite }: Call, sequence: number, method: string, body = ''): void {
    const headers = [
      `From: ${invite.header('To')};tag=${this.#tag}`,
      `To: ${invite.header('From')}`,
      `Call-ID: ${invite.header('Call-ID')}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:${this.#peer.address.host}:${this.#peer.address.port}>`,
    ]
    this.#peer.request(`${method} ${invite.header('Contact').slice(1, -1)}`, headers, invite.from, body)
  }

  #cancel(call: Call | undefined, cancel: WireMessage): void {
    if (this.#isDead) return
    const isKnown =
      call !== undefined && cancel.header('CSeq') === call.invite.header('CSeq').replace('INVITE', 'CANCEL')
    if (!isKnown) return this.#peer.respond(cancel, 481, 'Call/Transaction Does Not Exist', { toTag: this.#tag })
    this.heard.push('cancel')
    this.#peer.respond(cancel, 200, 'OK', { toTag: this.#tag })
    if (call.state !== 'ringing') return
    call.state = 'gone'
    this.#respond(call, 487, 'Request Terminated')
  }

  get #isDead(): boolean {
    const { rings, answers, refuses } = this.#script
    return rings === undefined && answers === undefined && refuses === undefined
  }

  get #tag(): string {
    return `tag-${this.#peer.address.port}`
  }

  #respond(call: Call, status: number, reason: string, body?: string): void {
    this.#peer.respond(call.invite, status, reason, { toTag: this.#tag, ...(body === undefined ? {} : { body }) })
  }

  #later(call: Call, milliseconds: number, task: () => void): void {
    this.#clock.setTimeout(() => {
      if (call.state === 'ringing') task()
    }, milliseconds)
  }
}
