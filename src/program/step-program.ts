import type {
  Program,
  ProgramEffect,
  ProgramInput,
  ProgramState,
  ProgramStep,
  ProgramTurn,
  StepName,
} from './program.ts'

export const newProgramState = (program: Program): ProgramState => ({ program, at: undefined, isOver: false })

/**
 * What becomes of a program and what is to be done about it. Pure. Takes every input at any time: a clip that ends or a timer that
 * fires in the moment in which a key is pressed has been overtaken, and changes nothing.
 */
export function stepProgram(state: ProgramState, input: ProgramInput): ProgramTurn {
  const { program, at, isOver } = state
  if (input.type === 'begin') return at === undefined ? enter(state, program.begin) : stay(state)
  const step = at === undefined || isOver ? undefined : program.steps[at]
  if (step?.kind === 'play') return stepPlay(state, step, input)
  if (step?.kind === 'choose') return stepChoose(state, step, input)
  return stay(state)
}

/** `passed`: the clips that a key has ended before these. */
function stepPlay(
  state: ProgramState,
  { next }: Extract<ProgramStep, { kind: 'play' }>,
  input: ProgramInput,
  passed: readonly (StepName | undefined)[] = [],
): ProgramTurn {
  if (input.type === 'played') return enter(state, next)
  if (input.type !== 'digit') return stay(state)
  const ended = [...passed, state.at]
  const following = enter(state, next)
  const typed = typeBehind(following.next, input, ended)
  return { next: typed.next, effects: [{ type: 'stop' }, ...following.effects, ...typed.effects] }
}

/** A key ends clips that follow clips, too, but none twice: those that go round in a circle go on with the first. */
function typeBehind(state: ProgramState, key: ProgramInput, ended: readonly (StepName | undefined)[]): ProgramTurn {
  const step = state.at === undefined ? undefined : state.program.steps[state.at]
  if (step?.kind !== 'play') return stepProgram(state, key)
  return ended.includes(state.at) ? stay(state) : stepPlay(state, step, key, ended)
}

function stepChoose(
  state: ProgramState,
  step: Extract<ProgramStep, { kind: 'choose' }>,
  input: ProgramInput,
): ProgramTurn {
  if (input.type === 'timeout') return enter(state, step.otherwise)
  const chosen = input.type === 'digit' ? step.choices[input.digit] : undefined
  return chosen === undefined ? stay(state) : after({ type: 'disarm-timer' }, enter(state, chosen))
}

function enter({ program }: ProgramState, at: StepName): ProgramTurn {
  const step = program.steps[at]
  if (step === undefined) throw new Error(`The program has no step "${at}"`)
  const next = { program, at, isOver: step.kind === 'connect' || step.kind === 'hang-up' }
  switch (step.kind) {
    case 'play':
      return { next, effects: [{ type: 'play', clips: step.clips }] }
    case 'choose':
      return { next, effects: [{ type: 'arm-timer', milliseconds: step.milliseconds }] }
    case 'connect':
      return { next, effects: [{ type: 'connect' }] }
    case 'hang-up':
      return { next, effects: [{ type: 'hang-up', cause: step.cause }] }
  }
}

const stay = (next: ProgramState): ProgramTurn => ({ next, effects: [] })

const after = (effect: ProgramEffect, { next, effects }: ProgramTurn): ProgramTurn => ({
  next,
  effects: [effect, ...effects],
})
