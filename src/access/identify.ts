import type { Credential } from '../directory/credential.ts'
import type { Directory } from '../directory/directory.ts'
import type { GuessLog } from '../directory/guess-log.ts'
import { GuessingError, type PasswordGuard } from '../directory/password-guard.ts'
import { nobodysHash } from '../directory/password-hash.ts'
import type { Login } from './access.ts'
import type { ClientOrigin } from './caller.ts'

/** Whose secret that is. Every wrong one is noted. */
export interface Identify {
  byKey(secret: string, from: ClientOrigin): Credential | undefined
  byPassword(login: Login, from: ClientOrigin): Promise<Credential | undefined>
}

export interface IdentifySources {
  readonly directory: Pick<Directory, 'keyBySecret' | 'userWithHash' | 'signingKeys'>
  readonly passwords: Pick<PasswordGuard, 'check'>
  readonly guesses: Pick<GuessLog, 'note'>
}

export const createIdentify = (sources: IdentifySources): Identify => ({
  byKey(secret, from) {
    const credential = sources.directory.keyBySecret(secret)
    if (credential === undefined) sources.guesses.note({ credential: 'key', from: from.address })
    return credential
  },
  byPassword: (login, from) => byPassword(login, from, sources),
})

async function byPassword(
  { name, password, signature }: Login,
  from: ClientOrigin,
  { directory, passwords, guesses }: IdentifySources,
): Promise<Credential | undefined> {
  const found = directory.userWithHash(name)
  // Whoever does not exist is asked for a signature all the same, and takes as long. The keys are those of the moment of the question.
  const keys = () => (found === undefined ? [] : directory.signingKeys(found.credential.account))
  const noteGuess = () => guesses.note({ credential: 'password', from: from.address, user: found && name })
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
      return now?.passwordHash === found?.passwordHash ? now?.credential : undefined
    }
  } catch (error) {
    if (error instanceof GuessingError) noteGuess()
    throw error
  }
  noteGuess()
  return undefined
}
