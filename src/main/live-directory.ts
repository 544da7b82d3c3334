import type {
  ApplyOutcome,
  CreateOutcome,
  CredentialName,
  DirectoryChanges,
  RevokeOutcome,
} from '../access/directory-changes.ts'
import { applyConfig } from '../config/apply-config.ts'
import type { Config } from '../config/config-schema.ts'
import { ConfigError, parseConfigHere } from '../config/load-config.ts'
import { serverSettings } from '../config/server-settings.ts'
import type { ApplySummary } from '../directory/apply-records.ts'
import { createDirectory } from '../directory/create-directory.ts'
import type { Directory } from '../directory/directory.ts'
import { credentialEntry, sealEntry } from '../directory/directory-entries.ts'
import { type Giver, makeCredential, type WantedCredential } from '../directory/make-credential.ts'
import type { DirectoryRecords } from '../directory/records.ts'
import { ReplaceableDirectory } from '../directory/replaceable-directory.ts'
import type { SecretBox } from '../directory/secret-box.ts'
import type { DirectoryStore } from '../store/store.ts'

export interface LiveDirectoryOptions {
  /** What the server was started with: of another file's server settings it can only say that they need a restart. */
  readonly config: Config
  readonly store: DirectoryStore
  readonly secretBox: SecretBox
  /** Called when the directory has changed, before the change is confirmed. */
  readonly onChanged: (directory: Directory) => Promise<void>
}

const nobody: DirectoryRecords = { accounts: [], lines: [], credentials: [], trunks: [], ratePlans: [] }

/** The directory of the running server: brought to a file at start, and to another by `apply` while calls are up. */
export class LiveDirectory implements DirectoryChanges {
  readonly #options: LiveDirectoryOptions
  readonly #directory = new ReplaceableDirectory(createDirectory(nobody))
  /** What the store holds. */
  #records: DirectoryRecords = nobody
  #demoTrunkAddress: string | undefined
  /** Two changes at once take turns: each begins with what the store holds. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: LiveDirectoryOptions) {
    this.#options = options
  }

  get directory(): Directory {
    return this.#directory
  }

  /** `demoTrunkAddress` is where the simulated carrier listens, if there is one; it stays. */
  bringTo(config: Config, demoTrunkAddress?: string): Promise<ApplySummary> {
    this.#demoTrunkAddress = demoTrunkAddress
    return this.#inTurn(() => this.#bring(config))
  }

  /** A configuration file's text, as `PUT /v1/directory` brings it. */
  async apply(yaml: string, withdrawn: AbortSignal): Promise<ApplyOutcome> {
    let config: Config
    try {
      config = await parseConfigHere(yaml, 'configuration')
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return { outcome: 'refused', faults: error.faults }
    }
    return this.#inTurn(async () => {
      if (withdrawn.aborted) return { outcome: 'withdrawn' }
      const summary = await this.#bring(config)
      return { outcome: 'applied', ...summary, needRestart: serverSettings.differing(config, this.#options.config) }
    })
  }

  /** Makes a credential that no file holds; it is on disk and in force when its secret is told. */
  createCredential(
    wanted: WantedCredential,
    giver: Giver,
    now: number,
    withdrawn: AbortSignal,
  ): Promise<CreateOutcome> {
    return this.#inTurn(async () => {
      if (withdrawn.aborted) return { outcome: 'withdrawn' }
      const made = await makeCredential(wanted, giver, this.#directory, now)
      if ('faults' in made) return { outcome: 'refused', faults: made.faults }
      if ('nameInUse' in made) return { outcome: 'name-in-use' }
      const { store, secretBox } = this.#options
      await store.write({ put: [sealEntry(credentialEntry(made.record), secretBox)], remove: [] })
      await this.#replace({ ...this.#records, credentials: [...this.#records.credentials, made.record] })
      return { outcome: 'created', secret: made.secret }
    })
  }

  /** Whoever asks with it from now on is nobody. One that a file holds would be back with the file: it is refused. */
  revokeCredential({ kind, account, name }: CredentialName, withdrawn: AbortSignal): Promise<RevokeOutcome> {
    return this.#inTurn(async () => {
      if (withdrawn.aborted) return 'withdrawn'
      const { credentials } = this.#records
      const found = credentials.find((one) => one.kind === kind && one.account === account && one.name === name)
      if (found === undefined) return 'not-found'
      if (found.madeAt === undefined) return 'in-the-file'
      await this.#options.store.write({ put: [], remove: [credentialEntry(found)] })
      await this.#replace({ ...this.#records, credentials: credentials.filter((one) => one !== found) })
      return 'revoked'
    })
  }

  async #bring(config: Config): Promise<ApplySummary> {
    const { store, secretBox, config: started } = this.#options
    const { records, summary } = await applyConfig(withRealm(config, started.sip.realm), store, secretBox)
    await this.#replace(records)
    return summary
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const changed = this.#turn.then(change)
    this.#turn = changed.catch(() => undefined)
    return changed
  }

  async #replace(records: DirectoryRecords): Promise<void> {
    this.#records = records
    this.#directory.replace(createDirectory(withDemoTrunk(records, this.#demoTrunkAddress)))
    await this.#options.onChanged(this.#directory)
  }
}

/** Phones are asked for their passwords under the realm that the server was started with, until it is started with another. */
const withRealm = (config: Config, realm: string): Config => ({ ...config, sip: { ...config.sip, realm } })

/** The simulated carrier takes part as one more trunk, for every account and number, after the real ones. */
function withDemoTrunk(records: DirectoryRecords, address: string | undefined): DirectoryRecords {
  if (address === undefined) return records
  const trunk = { name: 'demo', address, format: 'e164', prefixes: [''], priority: 1000 } as const
  return { ...records, trunks: [...records.trunks, trunk] }
}
