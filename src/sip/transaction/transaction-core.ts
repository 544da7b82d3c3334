import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Random } from '../../random.ts'
import type { MessageTransport } from '../transport/message-transport.ts'
import type { TimerSettings } from './timer-values.ts'
import type { TimerTally } from './transaction-timers.ts'

/** What the transactions of one layer share. */
export interface TransactionCore {
  readonly transport: MessageTransport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly timers: TimerSettings
  readonly tally: TimerTally
}

/** Calls the transaction user. What it throws ends up in the log: it must not tear a machine or a socket handler. */
export const tell = <Told>(core: TransactionCore, hook: ((told: Told) => void) | undefined, told: Told): void => {
  try {
    hook?.(told)
  } catch (error) {
    core.log.error({ err: error }, 'transaction user failed')
  }
}
