import { addressBlock } from '../../address-block.ts'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { DigestServer, PasswordGuess, ServerAlgorithm } from '../digest/digest-server.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { tryParseUri } from '../message/uri.ts'
import type { FlowId, Source } from '../transport/destination.ts'
import type { Binding, BindingChange } from './binding.ts'
import { BindingTable, bindingKey } from './binding-table.ts'
import { BindingUpdates, defaultRegistrarLimits, type RegistrarLimits } from './binding-updates.ts'
import { type Guesser, GuessGuard } from './guess-guard.ts'
import { LimitedLog } from './limited-log.ts'
import { Qualifier, type QualifierOptions } from './qualifier.ts'

/** Whose password credentials name. */
export interface RegistrarLine {
  /** Unique key of the line; bindings are kept under it. */
  readonly aor: string
  readonly ha1Md5: string
  readonly ha1Sha256: string
}

/** The lines that may register, as the directory knows them at each moment. */
export interface RegistrarLines {
  /** The key of the line that an address-of-record names. */
  find(user: string, domain: string): string | undefined
  /** By the username and realm of credentials. */
  credentials(username: string, realm: string): RegistrarLine | undefined
  /** What to challenge with under a domain: the same whether the line exists or not. */
  realmOf(domain: string): string
  /** What stands for a line's secret, by the line's key; undefined where the line is no more. */
  secretMark(aor: string): string | undefined
}

export interface RegistrarOptions {
  readonly clock: Clock
  readonly log: Log
  readonly digest: DigestServer
  readonly lines: RegistrarLines
  /** Phones are asked whether they are there, where this is given. */
  readonly qualify?: Pick<QualifierOptions, 'intervalSeconds' | 'random' | 'ask'>
  readonly limits?: Partial<RegistrarLimits>
}

/** Keeps who can be reached where (RFC 3261 section 10.3). One call in, one response out; sends nothing itself. */
export class Registrar {
  /** Every change, as it happens; for the store and for presence. */
  onChange: ((change: BindingChange) => void) | undefined
  /** Whether any phone is registered over a flow, each time that this changes. */
  onFlow: ((flow: FlowId, isUsed: boolean) => void) | undefined
  readonly #clock: Clock
  readonly #refusals: LimitedLog
  readonly #guard: GuessGuard
  readonly #digest: DigestServer
  readonly #lines: RegistrarLines
  readonly #updates: BindingUpdates
  readonly #table: BindingTable
  readonly #qualifier: Qualifier | undefined

  constructor(options: RegistrarOptions) {
    this.#clock = options.clock
    this.#refusals = new LimitedLog(options.clock, options.log)
    this.#guard = new GuessGuard(options.clock, options.log)
    this.#digest = options.digest
    this.#lines = options.lines
    this.#table = new BindingTable(options.clock, addressBlock)
    this.#updates = new BindingUpdates(this.#table, {
      clock: options.clock,
      limits: { ...defaultRegistrarLimits, ...options.limits },
      secretMark: (aor) => options.lines.secretMark(aor),
      onPut: (binding) => this.#qualifier?.watch(binding),
    })
    if (options.qualify !== undefined) this.#qualifier = this.#createQualifier(options.qualify, options)
    this.#table.onFlow = (flow, isUsed) => this.onFlow?.(flow, isUsed)
    this.#table.onChange = (change) => {
      if (change.type === 'removed') this.#qualifier?.forget(change.binding)
      this.onChange?.(change)
    }
  }

  /** Live bindings of a line, the preferred first. */
  contacts(aor: string): Binding[] {
    return this.#table.contacts(aor)
  }

  /** Whether the phone answered when it was last asked. */
  isReachable(binding: Binding): boolean {
    return this.#qualifier?.isReachable(binding) ?? true
  }

  /** The phone did not answer a request: it is asked whether it is there. */
  suspect(binding: Binding): void {
    this.#qualifier?.suspect(binding)
  }

  /** Takes over the bindings that an earlier process kept, except those that were withdrawn meanwhile. */
  restore(bindings: Iterable<Binding>): void {
    const now = this.#clock.now()
    for (const binding of bindings) {
      if (binding.expiresAt <= now) continue
      this.#table.restore(bindingKey(binding), binding)
      this.#qualifier?.watch(binding, true)
    }
    this.withdraw()
  }

  /** Lines have changed: ends every binding whose line is no more, or has another secret than the phone knew. */
  withdraw(): void {
    for (const binding of [...this.#table.all()]) {
      const mark = this.#lines.secretMark(binding.aor)
      const key = bindingKey(binding)
      if (mark === undefined || mark !== (binding.secretMark ?? mark)) {
        this.#table.remove(binding.aor, key, 'withdrawn')
      } else if (binding.secretMark === undefined) {
        this.#table.put(key, { ...binding, secretMark: mark })
      }
    }
  }

  counts(): { bindings: number; timers: number } {
    return { bindings: this.#table.size, timers: this.#table.timers }
  }

  close(): void {
    this.onChange = undefined
    this.#table.close()
    this.#qualifier?.close()
  }

  #createQualifier(qualify: NonNullable<RegistrarOptions['qualify']>, { clock, log }: RegistrarOptions): Qualifier {
    return new Qualifier({
      ...qualify,
      clock,
      // It is written down, so that after a restart silence still means that the phone is gone.
      onAnswers: ({ aor, ...rest }) => this.#table.amend(aor, bindingKey(rest), { answersOptions: true }),
      onReachable: ({ aor, contactUri }, isReachable) => {
        const fields = { line: aor, contact: contactUri.slice(0, longestInLog) }
        log.info(fields, isReachable ? 'phone answers again' : 'phone does not answer; it is unreachable until it does')
      },
    })
  }

  /**
   * RFC 3261 section 10.3, in its order: what costs least is checked first, and nothing changes unless all of it is right. What a
   * stranger is answered does not depend on whether the line exists.
   */
  handle(request: SipRequest, source: Source): SipResponse {
    const required = request.headers.has('Require') ? request.headers.getAll('Require') : []
    if (required.length > 0) {
      return createResponse(request, 420, 'Bad Extension', { headers: [['Unsupported', required.join(', ')]] })
    }
    const to = tryParseUri(request.to.uri)
    if (to?.user === undefined) return createResponse(request, 404, 'Not Found')
    const hasLine = this.#table.hasAddress(addressBlock(source.host))
    if (!hasLine && this.#guard.isShutOut(source.host)) return createResponse(request, 403, 'Forbidden')

    const aor = this.#lines.find(to.user, to.host)
    const guesser = ({ username, realm, isSeen }: PasswordGuess): Guesser => {
      // A phone must not guess at another line's password under cover of its own registration.
      const isOwn = aor !== undefined && this.#lines.credentials(username, realm)?.aor === aor
      const isRefresh = isOwn && this.#isRefresh(request, source, aor)
      const isKnown = this.#lines.find(username, to.host) !== undefined
      return { host: source.host, username, isKnown, hasLine, isRefresh, isSeen }
    }
    let slowed: Guesser | undefined
    const verdict = this.#digest.verify(request, (...asked) => this.#lookupHa1(...asked), {
      host: source.host,
      mayCheck: (guess) => {
        const one = guesser(guess)
        if (this.#guard.decide(one) === 'check') return true
        slowed = one
        return false
      },
      onWrong: (guess) => this.#guard.wrong(guesser(guess)),
      onRight: ({ username, isSeen }) => this.#guard.right({ host: source.host, username, isSeen }),
    })
    if (!verdict.ok) {
      // A wrong password is refused for good: a challenge would make the phone try the same one for ever.
      if (verdict.reason === 'wrong-credentials') return createResponse(request, 403, 'Forbidden')
      if (slowed !== undefined) {
        const seconds = this.#guard.retrySeconds(slowed)
        return createResponse(request, 503, 'Too Many Wrong Passwords', { headers: [['Retry-After', String(seconds)]] })
      }
      return this.#challenge(request, source, this.#lines.realmOf(to.host), verdict.stale === true)
    }
    // RFC 3261 section 10.3 step 4: nobody may change another line's bindings, or learn whether there is one (step 5).
    if (aor === undefined || this.#lines.credentials(verdict.username, verdict.realm)?.aor !== aor) {
      const fields = { host: source.host, username: verdict.username, to: request.to.uri.slice(0, longestInLog) }
      this.#refusals.warn(fields, 'registration refused: the line is not that of these credentials')
      return createResponse(request, 403, 'Forbidden')
    }
    return this.#updates.apply({ request, source, aor, nonceIssuedAt: verdict.nonceIssuedAt })
  }

  #lookupHa1(username: string, realm: string, algorithm: ServerAlgorithm): string | undefined {
    const line = this.#lines.credentials(username, realm)
    return algorithm === 'SHA-256' ? line?.ha1Sha256 : line?.ha1Md5
  }

  /** The phone itself: nobody else knows the Call-ID of its registration. */
  #isRefresh(request: SipRequest, source: Source, aor: string): boolean {
    const address = addressBlock(source.host)
    return this.#table
      .contacts(aor)
      .some(({ callId, destination }) => callId === request.callId && addressBlock(destination.host) === address)
  }

  #challenge(request: SipRequest, { host }: Source, realm: string, stale: boolean): SipResponse {
    const response = createResponse(request, 401, 'Unauthorized')
    for (const value of this.#digest.challenge(realm, { stale, host }))
      response.headers.append('WWW-Authenticate', value)
    return response
  }
}

/** A stranger's header may have thousands of octets. */
const longestInLog = 128
