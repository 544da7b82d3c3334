import type { Call, LegName } from '../../call/call.ts'
import type { LegTargetKind } from '../../call/call-request.ts'

const types: Partial<Record<LegTargetKind, string>> = { line: 'phone', queue: 'queue' }

export const typeOf = (kind: LegTargetKind): string => types[kind] ?? ''

/** What every event and every row says about a call: whom it was to ring, as the client said it, and what they are shown. */
export const callFields = (call: Call, leg: LegName) => ({
  callerid_external: call.request[leg].callerId?.number ?? '',
  snumber: call.request.first.target.value,
  cnumber: call.request.second.target.value,
})

/** Seconds in which both parties talked until `at`; ringing is no talk. */
export const talkSeconds = (call: Call, at: number): number => seconds(at - (call.bridgedAt ?? at))

/** Seconds from the leg's first ring on. */
export const totalSeconds = (call: Call, leg: LegName, at: number): number =>
  seconds(at - (call.legs[leg].dialledAt ?? at))

const seconds = (milliseconds: number): number => Math.max(0, Math.round(milliseconds / 1000))
