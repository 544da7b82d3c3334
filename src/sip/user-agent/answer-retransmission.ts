import type { Alarm, UserAgentCore } from './core.ts'

/**
 * Repeats a response until the peer confirms it: a 2xx to an INVITE until its ACK (RFC 3261 section 13.3.1.4, intervals capped
 * at T2), a reliable provisional response until its PRACK (RFC 3262 section 3, uncapped). Gives up after 64·T1.
 */
export class AnswerRetransmission {
  readonly #core: UserAgentCore
  readonly #send: () => void
  readonly #cap: number
  #interval: number
  #retransmission: Alarm | undefined
  #end: Alarm | undefined

  constructor(core: UserAgentCore, send: () => void, onUnconfirmed: () => void, cap: number = core.timers.t2) {
    this.#core = core
    this.#send = send
    this.#cap = cap
    this.#interval = core.timers.t1
    this.#end = core.startTimer(() => {
      this.stop()
      onUnconfirmed()
    }, core.patience)
    this.#arm()
    send()
  }

  stop(): void {
    this.#core.stopTimer(this.#retransmission)
    this.#core.stopTimer(this.#end)
  }

  #arm(): void {
    this.#retransmission = this.#core.startTimer(() => {
      this.#interval = Math.min(this.#interval * 2, this.#cap)
      this.#arm()
      this.#send()
    }, this.#interval)
  }
}
