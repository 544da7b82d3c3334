import { Dialog } from '../dialog/dialog.ts'
import { Headers } from '../message/headers.ts'
import { SipRequest, type SipResponse } from '../message/message.ts'
import type { Destination, Source } from '../transport/destination.ts'
import { attemptBranch, maximumInviteAttempts } from './attempt-branch.ts'
import type { Authorizer } from './authorizer.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import { createCancel } from './create-cancel.ts'
import { Session } from './session.ts'

/** What a dead process wrote down of an INVITE before it sent it. Plain JSON; carries no secret. */
export interface InviteRecoveryRecord {
  readonly callId: string
  readonly fromTag: string
  /** Branch and CSeq number of the first attempt. */
  readonly branch: string
  readonly sequence: number
  readonly uri: string
  readonly destination: Destination
  /** The URIs of From and To. */
  readonly from: string
  readonly to: string
}

/**
 * `cancelled`: the peer was ringing and has stopped. `ended`: it had answered and was hung up. `gone`: it knows nothing of the
 * INVITE (any more). `unreachable`: it did not answer at all.
 */
export type RecoveryOutcome = 'cancelled' | 'ended' | 'gone' | 'unreachable'

/**
 * Ends an INVITE of a dead process. Nobody knows how far it came, so CANCEL goes out at once for every attempt there may have been
 * (a deviation from RFC 3261 section 9.1, which waits for a provisional response that nobody is left to have seen), and whatever
 * comes back of the INVITE itself is answered: a failure with ACK, a 2xx with ACK and BYE.
 */
export class InviteRecovery {
  readonly #core: UserAgentCore
  readonly #record: InviteRecoveryRecord
  /** For the BYE. A CANCEL cannot be challenged (RFC 3261 section 22.1). */
  readonly #authorizer: Authorizer | undefined
  readonly #onDone: (outcome: RecoveryOutcome) => void
  readonly #sessions = new Set<string>()
  #unansweredCancels = maximumInviteAttempts
  #heard = false
  #done = false
  #grace: Alarm | undefined
  #pendingByes = 0

  constructor(
    core: UserAgentCore,
    record: InviteRecoveryRecord,
    authorizer: Authorizer | undefined,
    onDone: (outcome: RecoveryOutcome) => void,
  ) {
    this.#core = core
    this.#record = record
    this.#authorizer = authorizer
    this.#onDone = onDone
    for (let attempt = 0; attempt < maximumInviteAttempts; attempt++) this.#cancel(attempt)
  }

  get callId(): string {
    return this.#record.callId
  }

  /** A response to the INVITE: its client transaction died with the process. */
  receive(response: SipResponse, source: Source): void {
    if (response.status < 200 || response.fromTag !== this.#record.fromTag) return
    if (response.status < 300) return this.#end(Dialog.fromStrayAnswer(response, withoutLocal(source)))
    this.#acknowledgeFailure(response)
    // A challenge was the end of one attempt only; the dead process may have sent another.
    if (response.status !== 401 && response.status !== 407) this.#finish('cancelled')
  }

  /** The process is going once more. */
  abandon(): void {
    this.#pendingByes = 0
    this.#finish('unreachable')
  }

  #cancel(attempt: number): void {
    const invite = this.#invite(attempt)
    this.#core.transactions.sendRequest(
      createCancel(invite),
      this.#record.destination,
      {
        onResponse: (response) => this.#receiveCancelAnswer(response, invite),
        onTimeout: () => this.#countCancel(),
        onTransportError: () => this.#countCancel(),
      },
      { branch: attemptBranch(this.#record.branch, attempt) },
    )
  }

  #receiveCancelAnswer(response: SipResponse, invite: SipRequest): void {
    if (response.status < 200) return
    this.#heard = true
    this.#unansweredCancels--
    if (this.#done) return
    if (response.status >= 300 || response.toTag === undefined) {
      if (this.#unansweredCancels === 0) this.#waitForAnswer()
      return
    }
    // RFC 3261 section 9.2: this To tag is the INVITE's. A ringing peer sends 487 now; one that had answered says no more than
    // its repeated 2xx, up to T2 later. Nobody should sit in a dead call for so long: BYE goes out if no 487 comes in time.
    const dialog = this.#dialogOf(invite, response)
    this.#core.stopTimer(this.#grace)
    this.#grace = this.#core.startTimer(() => this.#end(dialog), this.#core.timers.t1)
  }

  #countCancel(): void {
    this.#unansweredCancels--
    if (this.#unansweredCancels > 0 || this.#done || this.#grace !== undefined) return
    if (this.#heard) this.#waitForAnswer()
    else this.#finish('unreachable')
  }

  /** No CANCEL matched: either there is nothing, or a 2xx whose transaction is over; then its repetition comes within T2. */
  #waitForAnswer(): void {
    this.#grace ??= this.#core.startTimer(() => this.#finish('gone'), this.#core.timers.t2 + this.#core.timers.t1)
  }

  #end(dialog: Dialog): void {
    if (this.#sessions.has(dialog.id)) return
    this.#sessions.add(dialog.id)
    this.#core.stopTimer(this.#grace)
    const session = new Session(this.#core, dialog, {}, { authorizer: this.#authorizer })
    session.acknowledge()
    this.#pendingByes++
    void session.bye().then(() => {
      this.#pendingByes--
      if (this.#pendingByes === 0) this.#finish('ended')
    })
  }

  #finish(outcome: RecoveryOutcome): void {
    if (this.#done || this.#pendingByes > 0) return
    this.#done = true
    this.#core.stopTimer(this.#grace)
    this.#onDone(outcome)
  }

  #invite(attempt: number): SipRequest {
    const { callId, fromTag, sequence, uri, from, to } = this.#record
    const headers = new Headers()
    headers.append('From', `<${from}>;tag=${fromTag}`)
    headers.append('To', `<${to}>`)
    headers.append('Call-ID', callId)
    headers.append('CSeq', `${sequence + attempt} INVITE`)
    return new SipRequest('INVITE', uri, headers)
  }

  #dialogOf(invite: SipRequest, response: SipResponse): Dialog {
    const dialog = Dialog.restore({
      ...Dialog.fromResponse(invite, response, this.#record.destination).snapshot(),
      inviteSequence: invite.cseq.number,
      state: 'confirmed',
    })
    return dialog
  }

  /** RFC 3261 section 17.1.1.3: the ACK of a failure repeats the INVITE's Via, and takes its To from the response. */
  #acknowledgeFailure(response: SipResponse): void {
    const { via } = response
    const port = via.port === undefined ? '' : `:${via.port}`
    const headers = new Headers()
    headers.append('Via', `SIP/2.0/${via.protocol} ${via.host}${port};branch=${via.branch ?? ''}`)
    headers.append('Max-Forwards', '70')
    headers.append('From', response.headers.get('From') ?? '')
    headers.append('To', response.headers.get('To') ?? '')
    headers.append('Call-ID', response.callId)
    headers.append('CSeq', `${response.cseq.number} ACK`)
    this.#core.transport.send(new SipRequest('ACK', this.#record.uri, headers), this.#record.destination)
  }
}

const withoutLocal = ({ protocol, host, port, flow }: Source): Destination => ({ protocol, host, port, flow })
