import type { CallEvent, CallEventDetail } from '../call/call-event.ts'
import type { Clock } from '../clock.ts'
import type { CallLog } from '../events/call-log.ts'
import type { Log } from '../log.ts'
import { StoreError } from '../store/store-error.ts'

export interface CallJournalContext {
  readonly callLog: CallLog
  readonly clock: Clock
  readonly log: Log
}

/** How long to wait until what the disk had no room for is tried again. */
const rewriteMilliseconds = 2000

/** What happens to one call, written to the log in its order, whatever the store can take at the moment. */
export class CallJournal {
  readonly #callId: string
  readonly #context: CallJournalContext
  readonly #onEnded: () => void
  /** Events of the step under way, written together. */
  #unwritten: CallEvent[] = []
  /** Events that the store could not take for the moment; what comes after them waits until they are written. */
  #refused: CallEvent[] = []
  /** Something of the call is on disk. */
  #isKept = false
  /** The disk had no room for what was to be there before an INVITE. */
  #wasRefused = false

  /** `onEnded` is called once, when `call.ended` is on disk. */
  constructor(callId: string, context: CallJournalContext, onEnded: () => void) {
    this.#callId = callId
    this.#context = context
    this.#onEnded = onEnded
  }

  /** What has happened; it is written with the next `write`. */
  record(detail: CallEventDetail): void {
    this.#unwritten.push(this.#stamp(detail))
  }

  /** Resolves when the event is on disk; rejects where it cannot be written now. */
  async append(detail: CallEventDetail): Promise<void> {
    if (this.#refused.length > 0) throw new Error('what happened before this is not written yet')
    try {
      await this.#context.callLog.append([this.#stamp(detail)])
    } catch (error) {
      this.#wasRefused ||= error instanceof StoreError && error.isPassing
      throw error
    }
    this.#isKept = true
  }

  write(): void {
    if (this.#unwritten.length === 0 || this.#refused.length > 0) return
    const events = this.#unwritten
    this.#unwritten = []
    const ended = events.at(-1)?.type === 'call.ended'
    this.#context.callLog.append(events).then(
      () => {
        this.#isKept = true
        if (ended) this.#onEnded()
      },
      (error: unknown) => {
        if (error instanceof StoreError && error.isPassing) return this.#writeLater(events)
        // The call was refused with its acceptance: nobody was dialled, the client knows, and the store has said why, once for all.
        if (this.#wasRefused && !this.#isKept) {
          if (ended) this.#onEnded()
          return
        }
        // The store has failed for good (it reports that by itself); the next start ends this call from what the log holds.
        this.#context.log.error({ callId: this.#callId, err: error }, 'events of a call could not be written')
        if (ended) this.#onEnded()
      },
    )
  }

  /** The store has said what is wrong, once for all calls. */
  #writeLater(events: readonly CallEvent[]): void {
    const { clock } = this.#context
    if (this.#refused.length === 0) {
      clock.setTimeout(() => {
        this.#unwritten = [...this.#refused, ...this.#unwritten]
        this.#refused = []
        this.write()
      }, rewriteMilliseconds)
    }
    this.#refused.push(...events)
  }

  #stamp(detail: CallEventDetail): CallEvent {
    return { ...detail, callId: this.#callId, at: this.#context.clock.now() } as CallEvent
  }
}
