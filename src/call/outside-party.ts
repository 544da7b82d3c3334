import type { Call, LegName } from './call.ts'

export interface OutsideParty {
  readonly leg: LegName
  readonly number: string
}

/**
 * The party outside of a call that left the house, be it that a redirection has let it go since. Of several it is one who is
 * still there, and of two such the one who was called.
 */
export function findOutsideParty({ legs }: Pick<Call, 'legs'>): OutsideParty | undefined {
  const names = ['second', 'first'] as const
  const present = names.map((leg) => ({ leg, destination: legs[leg].destination }))
  const released = names.flatMap((leg) =>
    (legs[leg].released ?? []).toReversed().map((destination) => ({ leg, destination })),
  )
  for (const { leg, destination } of [...present, ...released]) {
    if (destination.kind === 'number') return { leg, number: destination.number }
  }
  return undefined
}
