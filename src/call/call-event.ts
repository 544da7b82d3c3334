import type { LegAttempt, LegName, MediaStatistics } from './call.ts'
import type { CallRequest } from './call-request.ts'
import type { Destination } from './destination.ts'
import type { EndCause } from './end-cause.ts'

/**
 * What happened, in the order in which it happened. The log of these is the truth; a {@link Call} is its projection
 * (`project-call.ts`). `at` is milliseconds since the epoch.
 */
export type CallEvent =
  | EventOf<
      'call.accepted',
      { readonly request: CallRequest; readonly destinations: Readonly<Record<LegName, Destination>> }
    >
  | EventOf<'call.scheduled', { readonly dueAt: number }>
  /**
   * Written before the first packet leaves. `recovery` is the driver's: what it needs to end the leg after a crash. `trunk` is the
   * one over which a number is dialled.
   */
  | EventOf<'leg.dialled', { readonly leg: LegName; readonly recovery: LegRecovery; readonly trunk?: string }>
  | EventOf<'leg.ringing', { readonly leg: LegName }>
  /** The leg's line, or a phone of it (302), named somebody else, who is rung in its place: `destination`. */
  | EventOf<'leg.forwarded', { readonly leg: LegName; readonly destination: Destination }>
  /** One of those that were dialled for the leg has come to nothing; the leg may go on with another. */
  | EventOf<'leg.attempt-ended', { readonly leg: LegName; readonly attempt: LegAttempt }>
  /** `attempt` is the one that was answered; `destination` tells who answered, where several could (a queue). */
  | EventOf<
      'leg.answered',
      {
        readonly leg: LegName
        readonly recovery: LegRecovery
        readonly attempt?: LegAttempt
        readonly destination?: Destination
      }
    >
  | EventOf<'call.bridged', object>
  /** The party of the leg hears music from now on, and not the other: by request, or because the phone of `by` holds. */
  | EventOf<'leg.held', { readonly leg: LegName; readonly by?: LegName }>
  /** It is on hold no more. */
  | EventOf<'leg.resumed', { readonly leg: LegName }>
  /** The party of the leg is not heard from now on, by request. */
  | EventOf<'leg.muted', { readonly leg: LegName }>
  | EventOf<'leg.unmuted', { readonly leg: LegName }>
  /** `leg` is let go, and dialled anew to `destination`; the other party stays and hears ringback. */
  | EventOf<'call.redirected', { readonly leg: LegName; readonly destination: Destination }>
  /** The end is decided: every leg still up is being hung up. */
  | EventOf<'call.ending', Verdict>
  | EventOf<
      'leg.ended',
      {
        readonly leg: LegName
        readonly cause: EndCause
        readonly sipStatus?: number
        readonly media?: MediaStatistics
      }
    >
  /** The last event of every call, exactly once. */
  | EventOf<'call.ended', Verdict>

/** `sipStatus` is the status with which a carrier refused the call, where that is the cause. */
interface Verdict {
  readonly cause: EndCause
  readonly sipStatus?: number
  readonly endedBy?: LegName
}

export type CallEventType = CallEvent['type']

interface EventBase<Type extends string> {
  readonly type: Type
  readonly callId: string
  readonly at: number
}

type EventOf<Type extends string, Detail> = EventBase<Type> & Detail

/** An event as whoever tells it knows it; of which call it is, and when it was, the journal adds. */
export type CallEventDetail = CallEvent extends infer Event
  ? Event extends CallEvent
    ? Omit<Event, 'callId' | 'at'>
    : never
  : never

/** Opaque JSON of the driver that dialled the leg, with that driver's name. */
export interface LegRecovery {
  readonly driver: string
  readonly data: unknown
}

/** An event with its place in the log: `sequence` grows by one per event of the whole server, without gaps in a call's order. */
export type LoggedCallEvent = CallEvent & { readonly sequence: number }
