import type { DialledFault } from '../call/read-dialled.ts'
import type { Credential } from './credential.ts'
import type { Limits } from './limits.ts'
import type { AccountRecord, ContextRecord, FeatureRecord, LineRecord, QueueRecord, RatePlanRecord } from './records.ts'

export type Account = AccountRecord
export type Line = Omit<LineRecord, 'ha1'>
export type RatePlan = RatePlanRecord

/** A telephone number as the directory understood it. */
export interface PhoneNumber {
  /** E.164 with the plus sign where the number has such a form, the bare digits otherwise (short codes). */
  readonly canonical: string
  /** Whether it calls for help: as it stands, or perhaps, as carriers may understand it. */
  readonly emergency: false | 'plain' | 'disguised'
}

/** What dialled characters mean as a telephone number, or why they can mean none. */
export type DialledNumber = { readonly number: PhoneNumber } | { readonly fault: DialledFault }

/** A trunk, ready to dial one number. */
export interface Trunk {
  readonly name: string
  readonly address: string
  readonly username?: string
  readonly password?: string
  readonly dialString?: string
}

export interface SipCredentials {
  readonly line: Line
  readonly ha1Md5: string
  readonly ha1Sha256: string
}

/** Who exists, as of one moment: immutable, in memory, every look-up synchronous. `apply` replaces it as a whole. */
export interface Directory {
  account(name: string): Account | undefined
  /** By its number or its name. */
  accountByReference(reference: string): Account | undefined
  country(account: string): string | undefined
  /** The account itself, or one below it in the tree. */
  isSameOrBelow(ancestor: string, account: string): boolean
  /** The account and all below it. */
  accountsUnder(account: string): readonly string[]
  ratePlan(account: string): RatePlan | undefined

  line(account: string, number: string): Line | undefined
  lineByFullNumber(fullNumber: string): Line | undefined
  /** A line of the account by its extension or its full number. */
  findLine(account: string, number: string): Line | undefined
  /** By the user part of its SIP identity: the extension where it is unique, `number@account`, or the full number. */
  lineByUsername(username: string, domain?: string): Line | undefined

  /** By its name or its number. */
  findQueue(account: string, reference: string): QueueRecord | undefined
  findContext(account: string, name: string): ContextRecord | undefined
  /** A user of the account by name, with or without the account's (`alice@acme`, `alice`), or by the line that is theirs. */
  findUser(account: string, name: string): { readonly name: string; readonly line?: string } | undefined
  featureCode(account: string, code: string): FeatureRecord | undefined
  findCard(account: string, number: string): { readonly number: string; readonly balance: number } | undefined
  findRecordGroup(account: string, id: number): { readonly id: number; readonly name: string } | undefined

  /** By the name and realm of a phone's credentials: the domain of its account, or the server's realm. */
  authenticateSip(username: string, realm: string): SipCredentials | undefined
  /** The domain of an account's own, as it is written there, that a host names. */
  sipDomain(host: string): string | undefined
  /** Changes whenever the secret of this line's phones does, and tells nothing of it; undefined where there is no such line. */
  sipSecretMark(account: string, number: string): string | undefined

  /** Whether some account lists this origin of web pages. */
  listsOrigin(origin: string): boolean

  /** An API key or token. Takes the same time whether or not it exists. */
  keyBySecret(secret: string): Credential | undefined
  /** A user, and what its password is checked against; see `password-guard.ts`. */
  userWithHash(name: string): { readonly credential: Credential; readonly passwordHash: string } | undefined

  /** API keys of the account, as they are: to check what a client signed with one of them. */
  signingKeys(account: string): readonly string[]

  /**
   * What the account's credentials of this name may use. A key, a token and a user that share a name share its limits, of each the
   * lowest: calls and logs know them by no more than their name.
   */
  credentialLimits(account: string, name: string): Limits
  /** Whether several credentials of the account have this name. */
  isSharedName(account: string, name: string): boolean

  /** What the characters mean as a telephone number, dialled in the account's country. */
  parseNumber(account: string, characters: string): DialledNumber
  /** Trunks that carry the number for the account, in the order in which to try them, each with the number in its own format. */
  trunksFor(account: string, number: PhoneNumber): readonly Trunk[]
  /** Whether there is a trunk of this name that the account may use. */
  mayUseTrunk(account: string, name: string): boolean
  /** What the carrier of this name knows us by, if it asks. */
  trunkCredentials(name: string): { readonly username: string; readonly password: string } | undefined

  listAccounts(): readonly Account[]
  listLines(account?: string): readonly Line[]
  listCredentials(account?: string): readonly Credential[]
  listTrunks(): readonly { readonly name: string; readonly address: string }[]
}
