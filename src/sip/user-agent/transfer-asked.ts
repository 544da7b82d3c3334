import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { reasonPhrase } from '../message/reason-phrase.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'
import { sipFragmentType } from './capabilities.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import type { DialogClient } from './dialog-client.ts'
import type { ReferTarget } from './refer-to.ts'
import { setBody } from './stock-responses.ts'

/** Nobody needs longer to decide, and the peer gives up after 64·T1 (timer F). */
const decisionMilliseconds = 10_000
/** A new call rings for less than this, and everything around it takes a moment only. */
const progressMilliseconds = 300_000

/**
 * `asked`: the REFER has no final response. `progressing`: it was accepted, and the peer is told how the new call goes. `over`: it
 * was refused, or nothing more will be told.
 */
type TransferState = 'asked' | 'progressing' | 'over'

interface Report {
  readonly status: number
  readonly state: string
}

/**
 * A REFER of the peer (RFC 3515 section 2.4): whoever looks after the call accepts it, and then says how the new call goes, or refuses
 * it. The peer hears of it by NOTIFY, also when its own call has ended meanwhile: the subscription is a usage of its own of the
 * dialog (RFC 5057), and ends with the new call's final response, a refusal of the peer, or after five minutes.
 */
export class TransferAsked {
  readonly target: ReferTarget
  readonly #core: UserAgentCore
  readonly #client: DialogClient
  readonly #refer: SipRequest
  readonly #transaction: ServerTransaction
  readonly #event: string
  readonly #onOver: () => void
  #state: TransferState = 'asked'
  #alarm: Alarm | undefined
  #endsAt = 0
  #last: Report = { status: 100, state: '' }
  /** A NOTIFY is under way: two at a time may overtake each other. Only the newest report waits. */
  #isNotifying = false
  #waiting: Report | undefined

  constructor(
    core: UserAgentCore,
    client: DialogClient,
    refer: { readonly request: SipRequest; readonly target: ReferTarget; readonly isFirst: boolean },
    transaction: ServerTransaction,
    onOver: () => void,
  ) {
    this.#core = core
    this.#client = client
    this.#refer = refer.request
    this.target = refer.target
    this.#transaction = transaction
    this.#onOver = onOver
    // RFC 3515 section 2.4.6: the second and later ones of a dialog are told apart by their CSeq numbers.
    this.#event = refer.isFirst ? 'refer' : `refer;id=${refer.request.cseq.number}`
    this.#alarm = core.startTimer(() => this.refuse(603), decisionMilliseconds)
  }

  get isOpen(): boolean {
    return this.#state !== 'over'
  }

  /** 202, and a first NOTIFY. With `Refer-Sub: false` the peer wants no more than that (RFC 4488). */
  accept(): void {
    if (this.#state !== 'asked') return
    this.#core.stopTimer(this.#alarm)
    const response = createResponse(this.#refer, 202, 'Accepted')
    const { localContact } = this.#client.dialog
    if (localContact !== undefined) response.headers.append('Contact', localContact)
    const isSilent = this.#refer.headers.get('Refer-Sub')?.trim().toLowerCase() === 'false'
    if (isSilent) response.headers.append('Refer-Sub', 'false')
    this.#state = 'progressing'
    this.#transaction.respond(response)
    if (isSilent) return this.#end()
    this.#endsAt = this.#core.now() + progressMilliseconds
    this.#alarm = this.#core.startTimer(
      () => this.#finish({ status: this.#last.status, state: 'terminated;reason=timeout' }),
      progressMilliseconds,
    )
    this.#notify({ status: 100, state: 'active' })
  }

  /** A final response from 300 to 699; 603 says that we will not. */
  refuse(status = 603, reason: string = reasonPhrase(status)): void {
    if (this.#state !== 'asked') return
    this.#respond(createResponse(this.#refer, status, reason))
  }

  /** How the new call goes, as its INVITE was answered; a final status from 200 on ends the telling. */
  progress(status: number): void {
    if (this.#state !== 'progressing') return
    // RFC 3515 section 2.4.7: there is nothing left that the peer could hear of.
    if (status >= 200) this.#finish({ status, state: 'terminated;reason=noresource' })
    else this.#notify({ status, state: 'active' })
  }

  /** The session is over: a REFER without a final response gets 487 (RFC 3261 section 15.1.2). What was accepted is told on. */
  sessionEnded(): void {
    if (this.#state === 'asked') this.#respond(createResponse(this.#refer, 487, 'Request Terminated'))
  }

  /** The process goes: nothing more is told. */
  abandon(): void {
    this.#end()
  }

  #respond(response: SipResponse): void {
    this.#transaction.respond(response)
    this.#end()
  }

  #finish(report: Report): void {
    this.#notify(report)
    this.#end()
  }

  #end(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#core.stopTimer(this.#alarm)
    this.#onOver()
  }

  #notify(report: Report): void {
    this.#last = report
    this.#waiting = report
    this.#sendNext()
  }

  #sendNext(): void {
    const report = this.#waiting
    if (this.#isNotifying || report === undefined) return
    this.#waiting = undefined
    this.#isNotifying = true
    this.#client.send(
      () => this.#createNotify(report),
      (outcome) => {
        this.#isNotifying = false
        // RFC 6665 section 4.2.2: whoever refuses a NOTIFY, or does not answer it, has no subscription any more.
        const isTaken = typeof outcome !== 'string' && outcome.status < 300
        if (isTaken) return this.#sendNext()
        this.#waiting = undefined
        this.#end()
      },
    )
  }

  #createNotify({ status, state }: Report): SipRequest {
    const notify = this.#client.createRequest('NOTIFY')
    const seconds = Math.max(0, Math.round((this.#endsAt - this.#core.now()) / 1000))
    notify.headers.append('Event', this.#event)
    notify.headers.append('Subscription-State', state === 'active' ? `active;expires=${seconds}` : state)
    // RFC 3515 section 2.4.5: a status line is all that the peer has a right to.
    setBody(notify, `${sipFragmentType};version=2.0`, `SIP/2.0 ${status} ${reasonPhrase(status)}\r\n`)
    return notify
  }
}
