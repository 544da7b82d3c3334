import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

const keyLength = 32
const saltLength = 16

/** A hash that no password has, so that an unknown user takes as long as a known one. */
export const nobodysHash = `${'0'.repeat(32)}:${'0'.repeat(64)}`

/** `salt:hash`, hexadecimal, by scrypt with Node's default cost; off the main thread. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltLength)
  return `${salt.toString('hex')}:${(await deriveKey(password, salt)).toString('hex')}`
}

export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [salt = '', hash = ''] = stored.split(':')
  const expected = Buffer.from(hash, 'hex')
  const key = await deriveKey(password, Buffer.from(salt, 'hex'))
  return expected.length === key.length && timingSafeEqual(expected, key)
}

const deriveKey = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, keyLength, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
