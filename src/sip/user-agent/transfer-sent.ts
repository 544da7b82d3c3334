import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { parseParameters } from '../message/parameters.ts'
import { bodyType, sipFragmentType } from './capabilities.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import { type ReferTarget, renderReferTarget } from './refer-to.ts'
import type { RequestOutcome } from './send-authorized.ts'
import { refuseBody } from './stock-responses.ts'

/** What came of a REFER that we sent. */
export type TransferOutcome =
  /** The peer has reached the target: `code` is the 2xx of its call. Whoever asked for it hangs up (RFC 5589). */
  | { readonly status: 'transferred'; readonly code: number }
  /** The peer has not reached the target, and is still ours. */
  | { readonly status: 'failed'; readonly code: number }
  /** The peer does not do it. 491: another transfer is under way. */
  | { readonly status: 'refused'; readonly code: number }
  /** The peer has accepted it, and does not say what came of it. */
  | { readonly status: 'unreported' }
  /** The session ended before anything was known. */
  | { readonly status: 'ended' }

/** Longer than a phone rings. */
const reportMilliseconds = 300_000

/** What a REFER asks of its session. */
export interface ReferringSession {
  createRequest(method: string): SipRequest
  send(create: () => SipRequest, onOutcome: (outcome: RequestOutcome) => void): void
}

/** A REFER that we sent, until its outcome is known (RFC 3515 section 2.4.4). */
export class TransferSent {
  readonly outcome: Promise<TransferOutcome>
  readonly #core: UserAgentCore
  readonly #settle: (outcome: TransferOutcome) => void
  readonly #onProgress: (status: number) => void
  #isOpen = true
  #sequence = 0
  #patience: Alarm | undefined

  constructor(
    core: UserAgentCore,
    session: ReferringSession,
    target: ReferTarget,
    onProgress: (status: number) => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<TransferOutcome>()
    this.#core = core
    this.outcome = promise
    this.#settle = resolve
    this.#onProgress = onProgress
    const headers = renderReferTarget(target)
    const create = (): SipRequest => {
      const refer = session.createRequest('REFER')
      for (const [name, value] of headers) refer.headers.append(name, value)
      this.#sequence = refer.cseq.number
      return refer
    }
    session.send(create, (response) => this.#receiveResponse(response))
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** A NOTIFY of the dialog; it may come before the 202. The response to it. */
  receiveNotify(notify: SipRequest): SipResponse {
    if (!this.#isOpen || !this.#isMeant(notify)) return createResponse(notify, 481, 'Subscription Does Not Exist')
    const type = bodyType(notify)
    if (type !== undefined && type !== sipFragmentType) return refuseBody(notify, [sipFragmentType])
    const status = statusOf(notify)
    if (status === undefined && type !== undefined) return createResponse(notify, 400, 'Status Line Expected')
    const isLast = /^terminated\b/i.test(notify.headers.get('Subscription-State')?.trim() ?? '')
    if (status !== undefined && status < 200) this.#onProgress(status)
    if (status !== undefined && status >= 200) {
      this.#end({ status: status < 300 ? 'transferred' : 'failed', code: status })
    } else if (isLast) this.#end({ status: 'unreported' })
    return createResponse(notify, 200, 'OK')
  }

  sessionEnded(): void {
    this.#end({ status: 'ended' })
  }

  #receiveResponse(outcome: RequestOutcome): void {
    if (!this.#isOpen) return
    const code = outcome === 'timeout' ? 408 : outcome === 'transport-error' ? 503 : outcome.status
    if (typeof outcome === 'string' || code >= 300) return this.#end({ status: 'refused', code })
    // RFC 4488 section 4: there is no subscription.
    const isSilent = outcome.headers.get('Refer-Sub')?.trim().toLowerCase() === 'false'
    if (isSilent) return this.#end({ status: 'unreported' })
    this.#patience = this.#core.startTimer(() => this.#end({ status: 'unreported' }), reportMilliseconds)
  }

  /** RFC 3515 section 2.4.6: the id, where there is one, is the CSeq number of the REFER. */
  #isMeant(notify: SipRequest): boolean {
    const event = notify.headers.get('Event') ?? ''
    const semicolon = event.indexOf(';')
    if (semicolon < 0) return true
    const id = parseParameters(event, semicolon + 1).get('id')
    return id === undefined || Number(id) === this.#sequence
  }

  #end(outcome: TransferOutcome): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#core.stopTimer(this.#patience)
    this.#settle(outcome)
  }
}

/** The status of the line that a `message/sipfrag` begins with (RFC 3420). */
const statusOf = ({ body }: SipRequest): number | undefined => {
  const match = /^SIP\/2\.0 ([1-6]\d\d)(?: |\r?\n|$)/i.exec(body.subarray(0, 16).toString('latin1'))
  return match === null ? undefined : Number(match[1])
}
