import type { Credential } from '../directory/credential.ts'
import type { Giver, WantedCredential } from '../directory/make-credential.ts'

export type { WantedCredential } from '../directory/make-credential.ts'

/** A fault of a configuration, with its place in the file. */
export interface ConfigurationFault {
  readonly line: number
  readonly column: number
  readonly key: string
  readonly message: string
}

/** Who asked may not do it any more: their own turn came after that of whoever took it from them. */
export interface Withdrawn {
  readonly outcome: 'withdrawn'
}

export type ApplyOutcome =
  | {
      readonly outcome: 'applied'
      /** Each as `kind name`: `line acme/101`. */
      readonly added: readonly string[]
      readonly changed: readonly string[]
      readonly removed: readonly string[]
      /** Sections of the file that the running server takes at its next start only. */
      readonly needRestart: readonly string[]
    }
  | { readonly outcome: 'refused'; readonly faults: readonly ConfigurationFault[] }
  | Withdrawn

export type CreateOutcome =
  /** The secret is told this once. */
  | { readonly outcome: 'created'; readonly secret: string }
  | { readonly outcome: 'name-in-use' }
  | {
      readonly outcome: 'refused'
      readonly faults: readonly { readonly member: string; readonly message: string }[]
    }
  | Withdrawn

export type RevokeOutcome = 'revoked' | 'not-found' | 'in-the-file' | 'withdrawn'

export type CredentialName = Pick<Credential, 'kind' | 'account' | 'name'>

/** The directory, as it is changed while the server runs. Changes take turns; nothing is done when `withdrawn` has aborted before. */
export interface DirectoryChanges {
  /** Brings the directory to what a configuration file's text says, whole or not at all. */
  apply(yaml: string, withdrawn: AbortSignal): Promise<ApplyOutcome>
  /** `giver` is who asks for it; `now` is in milliseconds since the epoch. */
  createCredential(wanted: WantedCredential, giver: Giver, now: number, withdrawn: AbortSignal): Promise<CreateOutcome>
  revokeCredential(credential: CredentialName, withdrawn: AbortSignal): Promise<RevokeOutcome>
}
