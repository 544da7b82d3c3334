import type { Caller, DialectContext } from '../dialect.ts'
import { textOfBytes } from '../php/byte-string.ts'
import { formScalar } from '../php/form-scalar.ts'
import { PhpArray } from '../php/php-array.ts'
import { isSigned } from './api-hash.ts'

export type Authentication = { readonly caller: Caller } | { readonly faults: readonly string[] }

const bearer = /^Bearer +([\x21-\x7e]{1,512})$/i

const credentials = ['api_username', 'api_password', 'api_hash'] as const

/** One sentence whatever is wrong: to say that the password was right would let it be guessed without a key. */
const invalidCredentials = 'Invalid API credentials. Check api_username, api_password and api_hash'

/** Who asks: by a Bearer token alone, or by a user's name and password and a hash made with a key of the user's account. */
export async function authenticate(
  values: PhpArray,
  authorization: string | undefined,
  context: Pick<DialectContext, 'authenticate' | 'authenticateUser' | 'signingKeys'>,
): Promise<Authentication> {
  const token = bearer.exec(authorization ?? '')?.[1]
  if (token !== undefined) {
    const caller = context.authenticate(token)
    return caller === undefined ? { faults: ['Invalid API token. Check Authorization header'] } : { caller }
  }
  const [name, password] = credentials.map((credential) => credentialText(values, credential))
  const missing = credentials.filter((credential) => credentialText(values, credential) === undefined)
  if (name === undefined || password === undefined || missing.length > 0) {
    return { faults: missing.map((credential) => `Missing ${credential}. Check if ${credential} is sent`) }
  }
  const caller = await context.authenticateUser(name, password)
  const signed = isSigned(values, caller === undefined ? [] : context.signingKeys(caller.account))
  return caller === undefined || !signed ? { faults: [invalidCredentials] } : { caller }
}

function credentialText(values: PhpArray, credential: string): string | undefined {
  const value = values.get(credential)
  if (value === undefined || value === null || value instanceof PhpArray) return undefined
  const text = textOfBytes(formScalar(value))
  return text === '' ? undefined : text
}
