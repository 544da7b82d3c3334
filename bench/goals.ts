/** What a figure must hold, and what it should come to. */
export interface Goal {
  readonly must?: number
  readonly aim?: number
  /** Whether more is better, or less. */
  readonly better: 'more' | 'less'
}

/** By row and figure; a figure without a goal stands beside for comparison. */
export const goals: Readonly<Record<string, Readonly<Record<string, Goal>>>> = {
  calls: { perCpuSecond: { must: 600, aim: 1100, better: 'more' } },
  latency: {
    requestToInviteP50: { must: 2, aim: 0.8, better: 'less' },
    requestToInviteP99: { must: 10, better: 'less' },
    answerToInviteP50: { aim: 1, better: 'less' },
    answerToInviteP99: { must: 5, better: 'less' },
  },
  relay: {
    callsPerCore: { must: 800, aim: 900, better: 'more' },
    p99AddedMsAt500: { must: 5, better: 'less' },
  },
  memory: { kibibytesPerHeldCall: { must: 60, aim: 30, better: 'less' } },
  parser: { parseMicroseconds: { must: 10, aim: 5, better: 'less' } },
  dialects: { dearestOverNative: { must: 2, better: 'less' } },
  flood: {
    floodedOverRest: { must: 2, better: 'less' },
    byesRefused: { must: 0, better: 'less' },
    callsLost: { must: 0, better: 'less' },
  },
  history: { costRatio: { must: 1.1, better: 'less' } },
}

export const isHeld = ({ better }: Goal, bound: number, value: number): boolean =>
  better === 'more' ? value >= bound : value <= bound
