import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Clock, Timer } from '../clock.ts'
import type { Log } from '../log.ts'

/** A certificate with its chain, and its key: PEM files. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

export interface Credentials {
  readonly cert: Buffer
  readonly key: Buffer
}

interface Loaded extends Credentials {
  readonly context: SecureContext
  readonly leaf: X509Certificate
}

export const lowestVersion = 'TLSv1.2'

/** How often the files are looked at. A change counts when it was seen twice: a certificate is written before its key. */
const lookMilliseconds = 1000
const soonMilliseconds = 14 * 24 * 3600_000

/** Throws an error that names the file, and says what is wrong with it. */
function load({ certificate, key }: CertificateFiles): Loaded {
  const [cert, privateKey] = [read(certificate), read(key)]
  let leaf: X509Certificate
  try {
    leaf = new X509Certificate(cert)
  } catch {
    throw new Error(`${certificate} holds no certificate in PEM form`)
  }
  try {
    const context = createSecureContext({ cert, key: privateKey, minVersion: lowestVersion })
    return { cert, key: privateKey, context, leaf }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${key} is not the key of ${certificate}, or needs a password, or is not in PEM form (${reason})`)
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** What tells one content of the files from another, through symbolic links: certbot exchanges those. */
const signatureOf = ({ certificate, key }: CertificateFiles): string =>
  [certificate, key]
    .map((file) => {
      const { ino, size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {}
      return `${ino} ${size} ${mtimeMs}`
    })
    .join(' ')

/** One pair of files as it is now. A pair that cannot be used is refused and told of; the one before it stays in use. */
class WatchedCertificate {
  readonly #files: CertificateFiles
  readonly #log: Log
  readonly #clock: Clock
  #loaded: Loaded
  /** Of what was loaded or refused last. */
  #settled: string
  #seen: string

  constructor(files: CertificateFiles, clock: Clock, log: Log) {
    this.#files = files
    this.#clock = clock
    this.#log = log
    this.#seen = signatureOf(files)
    this.#settled = this.#seen
    this.#loaded = load(files)
    this.#tellExpiry()
  }

  get loaded(): Loaded {
    return this.#loaded
  }

  /** Whether there is another one since the last look. */
  look(): boolean {
    const before = this.#seen
    this.#seen = signatureOf(this.#files)
    if (this.#seen !== before || this.#seen === this.#settled) return false
    this.#settled = this.#seen
    const { certificate } = this.#files
    try {
      this.#loaded = load(this.#files)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.error({ certificate, reason }, 'a new certificate is refused; the one before it stays in use')
      return false
    }
    this.#log.warn({ certificate, until: this.#loaded.leaf.validTo }, 'a new certificate is in use')
    this.#tellExpiry()
    return true
  }

  #tellExpiry(): void {
    const until = this.#loaded.leaf.validTo
    const fields = { certificate: this.#files.certificate, until }
    const left = Date.parse(until) - this.#clock.now()
    if (left <= 0) this.#log.error(fields, 'the certificate has expired: clients refuse it')
    else if (left < soonMilliseconds) this.#log.warn(fields, 'the certificate expires soon')
  }
}

/** The certificates of a listener: for each name the first that fits it, or the first of all. */
export class Certificates {
  readonly #watched: readonly WatchedCertificate[]
  readonly #clock: Clock
  #looking: Timer | undefined

  /** Throws where one of them cannot be used. */
  constructor(files: readonly CertificateFiles[], clock: Clock, log: Log) {
    this.#clock = clock
    this.#watched = files.map((one) => new WatchedCertificate(one, clock, log))
  }

  /** For a client that names no host. */
  get first(): Credentials {
    const [first] = this.#watched
    if (first === undefined) throw new Error('a TLS listener needs a certificate')
    return first.loaded
  }

  contextFor(name: string): SecureContext | undefined {
    const fitting = this.#watched.find(({ loaded }) => loaded.leaf.checkHost(name) !== undefined)
    return (fitting ?? this.#watched[0])?.loaded.context
  }

  /** Reads the files anew whenever they change, until `stop`. `onChange` is called when one has been taken. */
  watch(onChange: () => void): void {
    this.#looking = this.#clock.setTimeout(() => {
      const changed = this.#watched.filter((one) => one.look())
      if (changed.length > 0) onChange()
      this.watch(onChange)
    }, lookMilliseconds)
    this.#looking.unref?.()
  }

  stop(): void {
    this.#clock.clearTimeout(this.#looking)
  }
}
