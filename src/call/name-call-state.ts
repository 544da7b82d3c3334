import type { CallState } from './call.ts'

/** What the name of a call's state depends on. */
export interface CallProgress {
  readonly isScheduled: boolean
  /** How many of its legs are dialled, or were answered. */
  readonly dialled: number
  readonly answered: number
  readonly isConnected: boolean
  readonly isRedirecting: boolean
  /** How it ends is settled. */
  readonly isDecided: boolean
  /** No leg is left. */
  readonly isOver: boolean
}

/** The one place where the states that APIs show get their names. The first party is the one who is there before the second. */
export function nameCallState(progress: CallProgress): CallState {
  const { isScheduled, dialled, answered, isConnected, isRedirecting, isDecided, isOver } = progress
  if (isOver) return 'ended'
  if (isDecided) return 'ending'
  if (isRedirecting) return 'redirecting'
  if (isConnected) return 'bridged'
  if (answered > 0) return dialled < 2 ? 'first-answered' : 'second-ringing'
  if (dialled > 0) return 'first-ringing'
  return isScheduled ? 'scheduled' : 'accepted'
}
