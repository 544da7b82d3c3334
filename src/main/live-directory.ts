import { applyConfig } from '../config/apply-config.ts'
import type { Config } from '../config/config-schema.ts'
import { ConfigError, parseConfig } from '../config/load-config.ts'
import { serverSettings } from '../config/server-settings.ts'
import type { ApplyOutcome } from '../dialects/dialect.ts'
import type { ApplySummary } from '../directory/apply-records.ts'
import { createDirectory } from '../directory/create-directory.ts'
import type { Directory } from '../directory/directory.ts'
import type { DirectoryRecords } from '../directory/records.ts'
import { ReplaceableDirectory } from '../directory/replaceable-directory.ts'
import type { SecretBox } from '../directory/secret-box.ts'
import type { DirectoryStore } from '../store/directory-store.ts'

export interface LiveDirectoryOptions {
  /** What the server was started with: of another file's server settings it can only say that they need a restart. */
  readonly config: Config
  readonly store: DirectoryStore
  readonly secretBox: SecretBox
  /** Called when the directory has changed, before the change is confirmed. */
  readonly onChanged: (directory: Directory) => Promise<void>
}

/** The directory of the running server: brought to a file at start, and to another by `apply` while calls are up. */
export class LiveDirectory {
  readonly #options: LiveDirectoryOptions
  readonly #directory = new ReplaceableDirectory(
    createDirectory({ accounts: [], lines: [], credentials: [], trunks: [], ratePlans: [] }),
  )
  #demoTrunkAddress: string | undefined
  /** Two applies at once take turns: each compares the store with its file. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: LiveDirectoryOptions) {
    this.#options = options
  }

  get directory(): Directory {
    return this.#directory
  }

  /** `demoTrunkAddress` is where the simulated carrier listens, if there is one; it stays. */
  bringTo(config: Config, demoTrunkAddress = this.#demoTrunkAddress): Promise<ApplySummary> {
    const { store, secretBox, onChanged } = this.#options
    this.#demoTrunkAddress = demoTrunkAddress
    const applied = this.#turn.then(async () => {
      const { records, summary } = await applyConfig(config, store, secretBox)
      this.#directory.replace(createDirectory(withDemoTrunk(records, demoTrunkAddress)))
      await onChanged(this.#directory)
      return summary
    })
    this.#turn = applied.catch(() => undefined)
    return applied
  }

  /** A configuration file's text, as `PUT /v1/directory` brings it. */
  async apply(yaml: string): Promise<ApplyOutcome> {
    let config: Config
    try {
      config = parseConfig(yaml, 'configuration')
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return { outcome: 'refused', faults: error.faults }
    }
    const summary = await this.bringTo(config)
    return { outcome: 'applied', ...summary, needRestart: serverSettings.differing(config, this.#options.config) }
  }
}

/** The simulated carrier takes part as one more trunk, for every account and number, after the real ones. */
function withDemoTrunk(records: DirectoryRecords, address: string | undefined): DirectoryRecords {
  if (address === undefined) return records
  const trunk = { name: 'demo', address, format: 'e164', prefixes: [''], priority: 1000 } as const
  return { ...records, trunks: [...records.trunks, trunk] }
}
