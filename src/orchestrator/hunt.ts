import type { QueueRecord } from '../directory/records.ts'
import type { LegDestination, LineAddress } from '../telephony/driver.ts'
import type { PhoneRegistry } from '../telephony/phone-registry.ts'
import type { LineActivity } from './line-activity.ts'

/** Several parties of whom one is to answer: the members of a queue, or the steps of a context, one stage after the other. */
export interface Hunt {
  readonly kind: 'hunt'
  readonly stages: readonly HuntStage[]
}

export interface HuntStage {
  readonly strategy: QueueRecord['strategy']
  /** How long a line is left alone after a call, in seconds. */
  readonly wrapUpSeconds: number
  readonly members: readonly LegDestination[]
}

/** Whom to ring, and in what order: the members of each list at once, then those of the next. */
export type HuntRounds = Iterable<readonly LegDestination[]>

export interface HuntContext {
  readonly phones: Pick<PhoneRegistry, 'presence'>
  readonly activity: LineActivity
}

/** Somebody could answer: a phone is registered, though it may be in a call now, or the party is outside. */
export function isReachable(destination: LegDestination | Hunt, phones: Pick<PhoneRegistry, 'presence'>): boolean {
  switch (destination.kind) {
    case 'line':
      return phones.presence(destination.line).reachable
    case 'hunt':
      return destination.stages.some(({ members }) => members.some((member) => isReachable(member, phones)))
    case 'trunk':
      return true
  }
}

/**
 * Somebody could be rung at once. `busy` is the line of the call's other party, which will be in this very call.
 */
export const couldRing = ({ stages }: Hunt, { phones, activity }: HuntContext, busy?: LineAddress): boolean =>
  stages.some(({ members, wrapUpSeconds }) =>
    members.some(
      (member) =>
        member.kind === 'trunk' ||
        (!isSameLine(member.line, busy) &&
          phones.presence(member.line).reachable &&
          activity.isIdle(member.line, wrapUpSeconds)),
    ),
  )

const isSameLine = (line: LineAddress, other: LineAddress | undefined): boolean =>
  other !== undefined && line.account === other.account && line.number === other.number

/**
 * Members who are registered and idle, as each stage's strategy orders them when the hunt begins. Who has come to be in a call
 * by the time of his round is left out of it.
 */
export function* huntRounds(hunt: Hunt, context: HuntContext): Generator<readonly LegDestination[]> {
  const rounds = hunt.stages.flatMap((stage) => roundsOf(stage, context))
  for (const round of rounds) {
    const free = round.filter((member) => member.kind === 'trunk' || context.activity.isIdle(member.line, 0))
    if (free.length > 0) yield free
  }
}

function roundsOf(
  { strategy, wrapUpSeconds, members }: HuntStage,
  { phones, activity }: HuntContext,
): readonly (readonly LegDestination[])[] {
  const free = members.filter(
    (member) =>
      member.kind === 'trunk' ||
      (phones.presence(member.line).reachable && activity.isIdle(member.line, wrapUpSeconds)),
  )
  switch (strategy) {
    case 'ring-all':
      return free.length === 0 ? [] : [free]
    case 'in-order':
      return free.map((member) => [member])
    case 'random':
      return activity.shuffled(free).map((member) => [member])
    // Who was rung last is asked last: over all calls of a queue that is a round, too.
    case 'round-robin':
      return free.toSorted((one, other) => activity.rungAt(one) - activity.rungAt(other)).map((member) => [member])
    case 'longest-idle':
      return free
        .toSorted((one, other) => activity.idleSince(one) - activity.idleSince(other))
        .map((member) => [member])
  }
}
