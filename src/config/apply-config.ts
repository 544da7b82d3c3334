import { type ApplySummary, applyRecords, type DirectoryEntryStore, loadRecords } from '../directory/apply-records.ts'
import { keepMadeCredentials } from '../directory/keep-made-credentials.ts'
import type { DirectoryRecords } from '../directory/records.ts'
import type { SecretBox } from '../directory/secret-box.ts'
import type { Config } from './config-schema.ts'
import { directoryRecords } from './directory-records.ts'

/**
 * Brings the store to what the file says, beside the credentials that were made while a server ran, and returns what the store holds then. Applying the
 * same again changes nothing.
 */
export async function applyConfig(
  config: Config,
  store: DirectoryEntryStore,
  box: SecretBox,
): Promise<{ readonly records: DirectoryRecords; readonly summary: ApplySummary }> {
  const held = await loadRecords(store, box)
  const wanted = keepMadeCredentials(await directoryRecords(config, held), held.credentials)
  const summary = await applyRecords(wanted, store, box)
  return { records: await loadRecords(store, box), summary }
}
