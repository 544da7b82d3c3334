/** One edge of a state machine: where it leads, and what the shell has to do, in order. */
export interface Transition<State, Effect> {
  readonly next: State
  readonly effects: readonly Effect[]
}

/** Edges by state and input. They are made once, so that a step allocates nothing. */
export type TransitionTable<State extends string, Input extends string, Effect extends string> = {
  readonly [state in State]: { readonly [input in Input]?: Transition<State, Effect> }
}

/** A machine was given an input that its state does not have: a mistake in the shell, never in what a peer sent. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError'
}

/** Makes the `step` function of a table. */
export const createStep =
  <State extends string, Input extends string, Effect extends string>(
    machine: string,
    table: TransitionTable<State, Input, Effect>,
  ) =>
  (state: State, input: Input): Transition<State, Effect> => {
    const transition = table[state][input]
    if (transition === undefined) throw new IllegalTransitionError(`${machine}: no edge for ${input} in ${state}`)
    return transition
  }

/** An edge of a table. */
export const to = <State extends string, Effect extends string>(
  next: State,
  ...effects: Effect[]
): Transition<State, Effect> => ({ next, effects })
