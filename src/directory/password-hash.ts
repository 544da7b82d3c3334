import { randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto'

const keyLength = 32
const saltLength = 16

/** `salt:hash`, hexadecimal, by scrypt with Node's default cost. */
export function hashPassword(password: string): string {
  const salt = randomBytes(saltLength)
  return `${salt.toString('hex')}:${scryptSync(password, salt, keyLength).toString('hex')}`
}

/** Takes its time, off the main thread. */
export function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [salt = '', hash = ''] = stored.split(':')
  return new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, 'hex'), keyLength, (error, key) => {
      if (error !== null) return reject(error)
      const expected = Buffer.from(hash, 'hex')
      resolve(expected.length === key.length && timingSafeEqual(expected, key))
    })
  })
}
