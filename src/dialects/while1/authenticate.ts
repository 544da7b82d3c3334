import type { Access, Authentication as AccessAuthentication, Denial } from '../../access/access.ts'
import type { ApiSession } from '../../access/api-session.ts'
import type { Asking } from '../../access/caller.ts'
import { textOfBytes } from '../php/byte-string.ts'
import { formScalar } from '../php/form-scalar.ts'
import { PhpArray } from '../php/php-array.ts'
import { isSigned } from './api-hash.ts'

/** `faults` where nobody is known by what was sent; who is known, and may not ask, is a `denial`. */
export type Authentication =
  | { readonly session: ApiSession }
  | { readonly faults: readonly string[] }
  | { readonly denial: Exclude<Denial, { readonly reason: 'unknown' }> }

const bearer = /^Bearer +([\x21-\x7e]{1,512})$/i

const credentials = ['api_username', 'api_password', 'api_hash'] as const

/** One sentence whatever is wrong: to say that the password was right would let it be guessed without a key. */
const invalidCredentials = 'Invalid API credentials. Check api_username, api_password and api_hash'

/** Who asks: by a Bearer token alone, or by a user's name and password and a hash made with a key of the user's account. */
export async function authenticate(
  values: PhpArray,
  authorization: string | undefined,
  asking: Asking,
  access: Access,
): Promise<Authentication> {
  const token = bearer.exec(authorization ?? '')?.[1]
  if (token !== undefined) {
    const authenticated = access.authenticateKey(token, asking)
    return knownOr('Invalid API token. Check Authorization header', authenticated)
  }
  const [name, password, given] = credentials.map((credential) => credentialText(values, credential))
  const missing = credentials.filter((credential) => credentialText(values, credential) === undefined)
  if (name === undefined || password === undefined || given === undefined) {
    return { faults: missing.map((credential) => `Missing ${credential}. Check if ${credential} is sent`) }
  }
  const signature = { given, isRight: (keys: readonly string[]) => isSigned(values, keys) }
  return knownOr(invalidCredentials, await access.authenticateUser({ name, password, signature }, asking))
}

function knownOr(fault: string, authenticated: AccessAuthentication): Authentication {
  if ('session' in authenticated) return authenticated
  const { denial } = authenticated
  return denial.reason === 'unknown' ? { faults: [fault] } : { denial }
}

function credentialText(values: PhpArray, credential: string): string | undefined {
  const value = values.get(credential)
  if (value === undefined || value === null || value instanceof PhpArray) return undefined
  const text = textOfBytes(formScalar(value))
  return text === '' ? undefined : text
}
