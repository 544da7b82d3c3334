import { systemClock } from '../clock.ts'
import type { Caller, DialectContext, LineReference } from '../dialects/dialect.ts'
import type { Credential } from '../directory/credential.ts'
import type { Directory, Line } from '../directory/directory.ts'
import { listDirectory } from '../directory/list-directory.ts'
import type { TokenBuckets } from '../http/token-bucket.ts'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { SipEngine } from '../telephony/sip-engine/sip-engine.ts'
import { admitRequest } from './admit-request.ts'
import type { LiveDirectory } from './live-directory.ts'

export interface DialectContextSources {
  readonly orchestrator: Orchestrator
  readonly liveDirectory: LiveDirectory
  readonly engine: SipEngine
  readonly buckets: TokenBuckets
  readonly node: DialectContext['node']
}

/** What the server lends to the dialects, from the rooms that hold it. */
export function createDialectContext(sources: DialectContextSources): Omit<DialectContext, 'log' | 'closing'> {
  const { orchestrator, liveDirectory, engine, buckets, node } = sources
  const { directory } = liveDirectory
  const linesOf = (accounts: readonly string[]) => accounts.flatMap((account) => directory.listLines(account))
  return {
    calls: orchestrator,
    node,
    authenticate: (secret) => callerOf(directory.keyBySecret(secret), directory),
    authenticateUser: async (name, password) => callerOf(await directory.verifyUser(name, password), directory),
    signingKeys: (account) => directory.signingKeys(account),
    admit: (caller, from) => admitRequest(caller, from, { directory, buckets }),
    account: (reference) => directory.accountByReference(reference),
    line: (account, number) => referenceOf(directory.findLine(account, number)),
    lineOfUser: (account, name) => {
      const number = directory.findUser(account, name)?.line
      return number === undefined ? undefined : referenceOf(directory.findLine(account, number))
    },
    lineByFullNumber: (fullNumber) => referenceOf(directory.lineByFullNumber(fullNumber)),
    lines: (accounts) => linesOf(accounts).map((line) => referenceOf(line) as LineReference),
    phones: (accounts) =>
      linesOf(accounts).flatMap((line) =>
        engine.contacts(line).map((binding) => ({
          account: line.account,
          line: line.number,
          contact: binding.contactUri,
          ...(binding.userAgent === undefined ? {} : { userAgent: binding.userAgent }),
          expiresAt: binding.expiresAt,
        })),
      ),
    listDirectory: (accounts) => listDirectory(directory, accounts),
    applyDirectory: (yaml) => liveDirectory.apply(yaml),
    credentials: {
      list: (accounts) => accounts.flatMap((account) => directory.listCredentials(account)),
      create: (wanted, giver) => liveDirectory.createCredential(wanted, giver, systemClock.now()),
      revoke: (credential) => liveDirectory.revokeCredential(credential),
    },
  }
}

const callerOf = (credential: Credential | undefined, directory: Directory): Caller | undefined =>
  credential && { ...credential, accounts: directory.accountsUnder(credential.account) }

const referenceOf = (line: Line | undefined): LineReference | undefined =>
  line && {
    account: line.account,
    number: line.number,
    ...(line.fullNumber === undefined ? {} : { fullNumber: line.fullNumber }),
    ...(line.name === undefined ? {} : { name: line.name }),
  }
