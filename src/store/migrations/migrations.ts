import type { Migration } from 'kysely'
import { callsAndDirectory } from './2026-11-21-calls-and-directory.ts'
import { subscribers } from './2026-11-22-subscribers.ts'
import { legAttempts } from './2026-11-27-leg-attempts.ts'
import { numberedCalls } from './2026-11-27-numbered-calls.ts'
import { releasedParties } from './2026-11-27-released-parties.ts'
import { runningNodes } from './2026-11-27-running-nodes.ts'

/** Every migration by its name, run in the order of the names. A released one is never changed: add another. */
export const migrations: Readonly<Record<string, Migration>> = {
  '2026-11-21-calls-and-directory': callsAndDirectory,
  '2026-11-22-subscribers': subscribers,
  '2026-11-27-leg-attempts': legAttempts,
  '2026-11-27-numbered-calls': numberedCalls,
  '2026-11-27-released-parties': releasedParties,
  '2026-11-27-running-nodes': runningNodes,
}
