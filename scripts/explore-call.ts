import type { LegName } from '../src/call/call.ts'
import { type CallInput, type CallMachine, type CallStep, newCallMachine } from '../src/call/call-machine.ts'
import { IllegalInputError, step } from '../src/call/step.ts'

const legs = ['first', 'second'] as const satisfies readonly LegName[]
const attempt = { at: 0, to: 'sip:101@example.net', cause: 'busy' } as const

const acts = (leg: LegName): readonly CallInput[] =>
  [
    ...(['hold', 'resume', 'mute', 'unmute', 'stop-playing'] as const).map((action) => ({ action, leg })),
    { action: 'send-digits', leg, digits: '1' } as const,
    { action: 'play', leg, clip: 'goodbye' } as const,
  ].map((action) => ({ type: 'act', action }))

/** One of each kind of input, for both legs. */
export const allInputs: readonly CallInput[] = [
  { type: 'schedule' },
  { type: 'start' },
  { type: 'end', cause: 'cancelled' },
  ...legs.flatMap((leg): CallInput[] => [
    ...acts(leg),
    { type: 'redirect', stays: leg, destination: { kind: 'line', number: '103' } },
    { type: 'leg-recorded', leg },
    { type: 'leg-ringing', leg },
    { type: 'leg-early-media', leg },
    { type: 'leg-attempt-ended', leg, attempt },
    { type: 'leg-answering', leg },
    { type: 'leg-answered', leg },
    { type: 'leg-hears', leg },
    { type: 'leg-cannot-hear', leg },
    { type: 'leg-played', leg },
    { type: 'leg-held', leg },
    { type: 'leg-resumed', leg },
    { type: 'leg-ended', leg, cause: 'completed' },
    { type: 'leg-ended', leg, cause: 'busy' },
    { type: 'leg-ended', leg, cause: 'busy', forward: { kind: 'line', number: '104' } },
  ]),
]

export interface ExploredStep extends CallStep {
  readonly from: CallMachine
  readonly input: CallInput
}

/** Undefined where the call does not take the input. */
export function tryStep(call: CallMachine, input: CallInput): CallStep | undefined {
  try {
    return step(call, input)
  } catch (error) {
    if (error instanceof IllegalInputError) return undefined
    throw error
  }
}

/** Every step that a call can take, from its acceptance on. */
export function exploreCall(): readonly ExploredStep[] {
  const start = newCallMachine({ country: 'AU', account: 'acme' })
  const known = new Map([[JSON.stringify(start), start]])
  const steps: ExploredStep[] = []
  // What is added to a map while it is walked is walked too.
  for (const from of known.values()) {
    for (const input of allInputs) {
      const taken = tryStep(from, input)
      if (taken === undefined) continue
      steps.push({ from, input, ...taken })
      known.set(JSON.stringify(taken.next), taken.next)
    }
  }
  return steps
}
