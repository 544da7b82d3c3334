import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const keyLength = 32
const nonceLength = 12
const tagLength = 16

/** Keeps a secret that a protocol needs as it is (a carrier's password) so that the database alone does not give it away. */
export class SecretBox {
  readonly #key: Buffer

  constructor(key: Buffer) {
    if (key.length !== keyLength)
      throw new Error(`must hold ${keyLength * 2} hexadecimal digits: the key that seals secrets in the database`)
    this.#key = key
  }

  /** A key of 32 octets for another purpose (RFC 5869); it stays the same as long as the server's key does. */
  deriveKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, '', purpose, keyLength))
  }

  /** Base64 of nonce, tag and ciphertext, AES-256-GCM. */
  seal(secret: string): string {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
  }

  /** Undefined if it was sealed with another key, or changed since. */
  open(sealed: string): string | undefined {
    const octets = Buffer.from(sealed, 'base64')
    if (octets.length < nonceLength + tagLength) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#key, octets.subarray(0, nonceLength), {
      authTagLength: tagLength,
    })
    decipher.setAuthTag(octets.subarray(nonceLength, nonceLength + tagLength))
    try {
      return Buffer.concat([decipher.update(octets.subarray(nonceLength + tagLength)), decipher.final()]).toString(
        'utf8',
      )
    } catch {
      return undefined
    }
  }
}

/** The server's key in a file of its own, beside the database but not in it; made where there is none yet. */
export function openSecretBox(keyFile: string): SecretBox {
  if (!existsSync(keyFile)) makeKeyFile(keyFile)
  const text = readFileSync(keyFile, 'utf8')
  try {
    return new SecretBox(Buffer.from(text.trim(), 'hex'))
  } catch (error) {
    throw new Error(`${keyFile} ${(error as Error).message}; restore it from a backup.`)
  }
}

/** There is the whole key or none, whenever the process dies or the power fails. */
function makeKeyFile(keyFile: string): void {
  mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 })
  const draft = `${keyFile}.new`
  writeFileSync(draft, `${randomBytes(keyLength).toString('hex')}\n`, { mode: 0o600, flush: true })
  renameSync(draft, keyFile)
}
