import type { CallStore } from './call-store.ts'
import type { DirectoryStore } from './directory-store.ts'
import type { RegistrationStore } from './registration-store.ts'
import type { StoreHealth } from './store-health.ts'
import type { SubscriberStore } from './subscriber-store.ts'

/** One database, all of its repositories. */
export interface Store {
  /** Migrations that opening it ran. */
  readonly migrated: readonly string[]
  readonly calls: CallStore
  readonly registrations: RegistrationStore
  readonly directory: DirectoryStore
  readonly subscribers: SubscriberStore
  readonly health: Pick<StoreHealth, 'check'>
  /** Waits for what was asked for before, then closes. Idempotent; whatever is asked afterwards is rejected. */
  close(): Promise<void>
}
