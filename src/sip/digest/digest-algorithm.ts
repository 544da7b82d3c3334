import { hash } from 'node:crypto'

/** Algorithms of RFC 7616 and RFC 8760; the `-sess` forms are variants of these. */
export type DigestAlgorithm = 'MD5' | 'SHA-256' | 'SHA-512-256'

const hashNames: Readonly<Record<DigestAlgorithm, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
}

/** What an `algorithm` parameter names. Absent it is MD5 (RFC 7616 section 3.3). Undefined for one that we lack. */
export const parseAlgorithm = (
  text: string | undefined,
): { readonly algorithm: DigestAlgorithm; readonly session: boolean } | undefined => {
  const upper = (text ?? 'MD5').toUpperCase()
  const session = upper.endsWith('-SESS')
  const algorithm = session ? upper.slice(0, -5) : upper
  return algorithm === 'MD5' || algorithm === 'SHA-256' || algorithm === 'SHA-512-256'
    ? { algorithm, session }
    : undefined
}

/** H(data) of RFC 7616 section 3.3, lower-case hexadecimal. */
export const digestHash = (algorithm: DigestAlgorithm, data: string | Buffer): string =>
  hash(hashNames[algorithm], data, 'hex')

/** H(A1) without a session (RFC 7616 section 3.4.2): what a server keeps in place of the password. */
export const computeHa1 = (algorithm: DigestAlgorithm, username: string, realm: string, password: string): string =>
  digestHash(algorithm, `${username}:${realm}:${password}`)
