import { systemClock } from '../clock.ts'
import type {
  AccountReference,
  Caller,
  ClientOrigin,
  DialectContext,
  LineReference,
  Login,
  NeededAccess,
} from '../dialects/dialect.ts'
import type { Credential } from '../directory/credential.ts'
import type { Account, Directory, Line } from '../directory/directory.ts'
import type { GuessLog } from '../directory/guess-log.ts'
import { listDirectory } from '../directory/list-directory.ts'
import { phoneNumberOf } from '../directory/parse-dialled-number.ts'
import { GuessingError, type PasswordGuard } from '../directory/password-guard.ts'
import { nobodysHash } from '../directory/password-hash.ts'
import { timeZoneOfCountry } from '../directory/time-zone.ts'
import type { TokenBuckets } from '../directory/token-bucket.ts'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import { mayBeUsedFrom } from '../policy/decide-origin.ts'
import type { PhoneRegistry } from '../telephony/phone-registry.ts'
import { admitRequest } from './admit-request.ts'
import type { HeldAccesses } from './held-accesses.ts'
import type { LiveDirectory } from './live-directory.ts'

export interface DialectContextSources {
  readonly orchestrator: Orchestrator
  readonly liveDirectory: LiveDirectory
  readonly phones: PhoneRegistry
  readonly buckets: TokenBuckets
  readonly passwords: PasswordGuard
  readonly guesses: GuessLog
  readonly heldAccesses: HeldAccesses
  readonly node: DialectContext['node']
}

/** What the server lends to the dialects, from the rooms that hold it. */
export function createDialectContext(sources: DialectContextSources): Omit<DialectContext, 'log' | 'closing'> {
  const { orchestrator, liveDirectory, phones, buckets, node } = sources
  const { directory } = liveDirectory
  const linesOf = (accounts: readonly string[]) => accounts.flatMap((account) => directory.listLines(account))
  return {
    calls: orchestrator,
    node,
    authenticate: (secret, from) => authenticate(secret, from, sources),
    authenticateUser: (login) => authenticateUser(login, sources),
    listsOrigin: (origin) => directory.listsOrigin(origin),
    holdAccess: (caller, needs) => sources.heldAccesses.hold(() => isStillAllowed(caller, needs, directory)),
    admit: (caller, from) => admitRequest(caller, from, { directory, buckets }),
    account: (reference) => accountOf(directory.accountByReference(reference), directory),
    line: (account, number) => referenceOf(directory.findLine(account, number)),
    lineOfUser: (account, name) => {
      const number = directory.findUser(account, name)?.line
      return number === undefined ? undefined : referenceOf(directory.findLine(account, number))
    },
    lineByFullNumber: (fullNumber) => referenceOf(directory.lineByFullNumber(fullNumber)),
    canonicalNumber: (account, characters) => phoneNumberOf(directory.parseNumber(account, characters))?.canonical,
    lines: (accounts) => linesOf(accounts).map((line) => referenceOf(line) as LineReference),
    phones: (accounts) =>
      linesOf(accounts).flatMap((line) =>
        phones.contacts(line).map(({ uri, ...contact }) => ({
          account: line.account,
          line: line.number,
          contact: uri,
          ...contact,
        })),
      ),
    listDirectory: (accounts) => listDirectory(directory, accounts),
    applyDirectory: (yaml, withdrawn) => liveDirectory.apply(yaml, withdrawn),
    credentials: {
      list: (accounts) => accounts.flatMap((account) => directory.listCredentials(account)),
      create: (wanted, giver, withdrawn) => liveDirectory.createCredential(wanted, giver, systemClock.now(), withdrawn),
      revoke: (credential, withdrawn) => liveDirectory.revokeCredential(credential, withdrawn),
    },
  }
}

function authenticate(secret: string, from: ClientOrigin, { liveDirectory, guesses }: DialectContextSources) {
  const { directory } = liveDirectory
  const caller = callerOf(directory.keyBySecret(secret), directory)
  if (caller === undefined) guesses.note({ credential: 'key', from: from.address })
  return caller
}

async function authenticateUser(login: Login, { liveDirectory, passwords, guesses }: DialectContextSources) {
  const { name, password, from, signature } = login
  const { directory } = liveDirectory
  const found = directory.userWithHash(name)
  // Whoever does not exist is asked for a signature all the same, and takes as long. The keys are those of the moment of the question.
  const keys = () => (found === undefined ? [] : directory.signingKeys(found.credential.account))
  const question = {
    user: name,
    password,
    hash: found?.passwordHash ?? nobodysHash,
    from: from.address,
    ...(signature && { signature: { given: signature.given, isRight: () => signature.isRight(keys()) } }),
  }
  try {
    if (await passwords.check(question)) {
      // A password that was changed while this one waited for its check is what counts.
      const now = directory.userWithHash(name)
      return now?.passwordHash === found?.passwordHash ? callerOf(now?.credential, directory) : undefined
    }
  } catch (error) {
    if (error instanceof GuessingError)
      guesses.note({ credential: 'password', from: from.address, user: found && name })
    throw error
  }
  guesses.note({ credential: 'password', from: from.address, user: found && name })
  return undefined
}

/** Which credential a caller showed. */
const shown = new WeakMap<Caller, Credential>()

function callerOf(credential: Credential | undefined, directory: Directory): Caller | undefined {
  if (credential === undefined) return undefined
  const caller: Caller = { ...credential, accounts: directory.accountsUnder(credential.account) }
  shown.set(caller, credential)
  return caller
}

/** Whether the credential that the caller showed is still there, with the same secret, and may do the same. */
function isStillAllowed(caller: Caller, { permission, from, maySee }: NeededAccess, directory: Directory): boolean {
  const before = shown.get(caller)
  const now = directory
    .listCredentials(caller.account)
    .find((one) => one.kind === before?.kind && one.name === before.name && one.secretId === before.secretId)
  const account = directory.account(caller.account)
  if (now === undefined || account === undefined || !now.permissions.has(permission)) return false
  return mayBeUsedFrom(account, from) && maySee({ ...now, accounts: directory.accountsUnder(now.account) })
}

function accountOf(account: Account | undefined, directory: Directory): AccountReference | undefined {
  if (account === undefined) return undefined
  const { id, name, parent, country, balance, timeZone = timeZoneOfCountry(country) } = account
  const currency = directory.ratePlan(name)?.currency
  return {
    id,
    name,
    country,
    timeZone,
    ...(parent === undefined ? {} : { parent }),
    ...(balance === undefined ? {} : { balance }),
    ...(currency === undefined ? {} : { currency }),
  }
}

const referenceOf = (line: Line | undefined): LineReference | undefined =>
  line && {
    account: line.account,
    number: line.number,
    ...(line.fullNumber === undefined ? {} : { fullNumber: line.fullNumber }),
    ...(line.name === undefined ? {} : { name: line.name }),
    ...(line.callerId === undefined ? {} : { callerId: line.callerId }),
    ...(line.forward === undefined ? {} : { forward: line.forward }),
  }
