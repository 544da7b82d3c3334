import type { Call, Leg, LegName } from '../../call/call.ts'
import type { LegTargetKind } from '../../call/call-request.ts'

const types: Partial<Record<LegTargetKind, string>> = { line: 'phone', queue: 'queue', number: 'external' }

export const typeOf = (kind: LegTargetKind): string => types[kind] ?? ''

/** What every event and every row says about a call: whom it was to ring, as the client said it, and what they are shown. */
export const callFields = (call: Call, leg: LegName) => ({
  callerid_external: call.request[leg].callerId?.number ?? '',
  snumber: call.request.first.target.value,
  cnumber: call.request.second.target.value,
})

const answeredLine = /^line (\S+)/
const ringsSeveral = /^(queue|context|feature code) (.+)$/

/**
 * Where a leg went in the end: whom a redirection named, and who answered where several could (`line 102 (queue support)`). What
 * is no name of anything here is an outside number.
 */
export function destinationFields({ destination }: Pick<Leg, 'destination'>) {
  const line = answeredLine.exec(destination)?.[1]
  if (line !== undefined) return { dtype: 'phone', dnumber: line }
  const [, kind, name] = ringsSeveral.exec(destination) ?? []
  if (name !== undefined) return { dtype: kind === 'queue' ? 'queue' : '', dnumber: name }
  return { dtype: 'external', dnumber: destination.split(' ', 1)[0] ?? '' }
}

/** Seconds for which this leg's party talked until `at`: one that a redirection brought had no part in what was said before. */
export function talkSeconds({ bridgedAt, legs }: Call, leg: LegName, at: number): number {
  const { answeredAt } = legs[leg]
  return bridgedAt === undefined || answeredAt === undefined ? 0 : seconds(at - Math.max(bridgedAt, answeredAt))
}

/** Seconds from the leg's first ring on. */
export const totalSeconds = (call: Call, leg: LegName, at: number): number =>
  seconds(at - (call.legs[leg].dialledAt ?? at))

export const seconds = (milliseconds: number): number => Math.max(0, Math.round(milliseconds / 1000))
