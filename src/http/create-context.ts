import type { CallService } from '../call/call-service.ts'
import type { Clock } from '../clock.ts'
import type { Caller, DialectContext, RegisteredPhone } from '../dialects/dialect.ts'
import type { Credential } from '../directory/credential.ts'
import type { Directory } from '../directory/directory.ts'
import { TokenBuckets } from './token-bucket.ts'

export interface ContextOptions {
  readonly calls: CallService
  readonly directory: Pick<Directory, 'keyBySecret' | 'accountsUnder' | 'listLines'>
  readonly clock: Clock
  /** Phones registered now to lines of these accounts. */
  readonly phones: (accounts: readonly string[]) => readonly RegisteredPhone[]
  /** Requests of one credential: so many a second, and so many at once after a rest. */
  readonly requestsPerSecond?: number
  readonly requestBurst?: number
}

/** What the dialects are lent, over the directory. */
export function createContext(options: ContextOptions): Omit<DialectContext, 'log' | 'closing'> {
  const { calls, directory, clock, phones } = options
  const buckets = new TokenBuckets(clock, options.requestsPerSecond ?? 100, options.requestBurst ?? 200)
  return {
    calls,
    phones,
    authenticate(secret) {
      const credential = directory.keyBySecret(secret)
      return credential === undefined ? undefined : callerOf(credential, directory)
    },
    admit(caller) {
      const retryAfterSeconds = buckets.take(`${caller.account}\n${caller.name}`)
      return retryAfterSeconds === 0 ? { allowed: true } : { allowed: false, retryAfterSeconds }
    },
    lines: (accounts) =>
      accounts.flatMap((account) =>
        directory
          .listLines(account)
          .map(({ number, name }) => ({ account, number, ...(name === undefined ? {} : { name }) })),
      ),
  }
}

const callerOf = (credential: Credential, directory: ContextOptions['directory']): Caller => ({
  name: credential.name,
  account: credential.account,
  accounts: directory.accountsUnder(credential.account),
  permissions: credential.permissions,
  ...(credential.lines === undefined ? {} : { lines: credential.lines }),
})
