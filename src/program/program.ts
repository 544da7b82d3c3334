import type { EndCause } from '../call/end-cause.ts'

export type StepName = string

/** One step of a program. Each names the one that follows. */
export type ProgramStep =
  /** The party hears these clips, one behind the other. A key ends them, and counts for the step that follows. */
  | { readonly kind: 'play'; readonly clips: readonly string[]; readonly next: StepName }
  /** One key of `choices` is waited for; any other one is nothing. Without one in time, `otherwise`. */
  | {
      readonly kind: 'choose'
      readonly choices: Readonly<Partial<Record<string, StepName>>>
      readonly milliseconds: number
      readonly otherwise: StepName
    }
  /** The party is through: the call goes on with it. */
  | { readonly kind: 'connect' }
  | { readonly kind: 'hang-up'; readonly cause: EndCause }

/** What an answered leg goes through, as data. */
export interface Program {
  readonly begin: StepName
  readonly steps: Readonly<Record<StepName, ProgramStep>>
}

export interface ProgramState {
  readonly program: Program
  /** The step that it is at; undefined before it has begun. */
  readonly at: StepName | undefined
  readonly isOver: boolean
}

export type ProgramInput =
  | { readonly type: 'begin' }
  /** The clips have come to their end, or could not be played. */
  | { readonly type: 'played' }
  | { readonly type: 'digit'; readonly digit: string }
  /** The time of a choice is over. */
  | { readonly type: 'timeout' }

export type ProgramEffect =
  | { readonly type: 'play'; readonly clips: readonly string[] }
  | { readonly type: 'stop' }
  | { readonly type: 'arm-timer'; readonly milliseconds: number }
  | { readonly type: 'disarm-timer' }
  | { readonly type: 'connect' }
  | { readonly type: 'hang-up'; readonly cause: EndCause }

export interface ProgramTurn {
  readonly next: ProgramState
  readonly effects: readonly ProgramEffect[]
}
