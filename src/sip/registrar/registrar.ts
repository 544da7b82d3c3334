import { addressBlock } from '../../address-block.ts'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { DigestServer, PasswordGuess, ServerAlgorithm } from '../digest/digest-server.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { NameAddr } from '../message/name-addr.ts'
import { quote } from '../message/parameters.ts'
import { parseUri, type SipUri, serializeUri } from '../message/uri.ts'
import type { FlowId, Source } from '../transport/destination.ts'
import type { Binding, BindingChange } from './binding.ts'
import { BindingTable, bindingKey } from './binding-table.ts'
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

export interface RegistrarLimits {
  readonly minimumExpiresSeconds: number
  readonly maximumExpiresSeconds: number
  readonly defaultExpiresSeconds: number
  /** The newest stay: a phone without `+sip.instance` leaves a contact behind with every new port. */
  readonly contactsPerLine: number
  readonly contactsInTotal: number
}

export const defaultRegistrarLimits: RegistrarLimits = {
  minimumExpiresSeconds: 60,
  maximumExpiresSeconds: 3600,
  defaultExpiresSeconds: 3600,
  contactsPerLine: 10,
  contactsInTotal: 250_000,
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

/** A REGISTER whose sender has proved to be the line's phone. */
interface Registration {
  readonly request: SipRequest
  readonly source: Source
  readonly aor: string
  readonly nonceIssuedAt: number
}

/** A change that a REGISTER asks for, checked but not yet made. */
type Plan = { readonly put: Binding; readonly replaces?: string } | { readonly remove: string }

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
  readonly #limits: RegistrarLimits
  readonly #table: BindingTable
  readonly #qualifier: Qualifier | undefined

  constructor(options: RegistrarOptions) {
    this.#clock = options.clock
    this.#refusals = new LimitedLog(options.clock, options.log)
    this.#guard = new GuessGuard(options.clock, options.log)
    this.#digest = options.digest
    this.#lines = options.lines
    this.#limits = { ...defaultRegistrarLimits, ...options.limits }
    this.#table = new BindingTable(options.clock, addressBlock)
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

  /** Takes over what an earlier process kept, but for what has been withdrawn meanwhile. */
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
      // It is written down: after a restart it is known that silence means something.
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
      return this.#answer(request, 420, 'Bad Extension', [['Unsupported', required.join(', ')]])
    }
    const to = tryParseUri(request.to.uri)
    if (to?.user === undefined) return this.#answer(request, 404, 'Not Found')
    const hasLine = this.#table.hasAddress(addressBlock(source.host))
    if (!hasLine && this.#guard.isShutOut(source.host)) return this.#answer(request, 403, 'Forbidden')

    const aor = this.#lines.find(to.user, to.host)
    const guesser = ({ username, realm, isSeen }: PasswordGuess): Guesser => {
      // Who has a line of its own may not guess at another's in the name of its registration.
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
      if (verdict.reason === 'wrong-credentials') return this.#answer(request, 403, 'Forbidden')
      if (slowed !== undefined) {
        const seconds = this.#guard.retrySeconds(slowed)
        return this.#answer(request, 503, 'Too Many Wrong Passwords', [['Retry-After', String(seconds)]])
      }
      return this.#challenge(request, source, this.#lines.realmOf(to.host), verdict.stale === true)
    }
    // RFC 3261 section 10.3 step 4: nobody may change another line's bindings, or learn whether there is one (step 5).
    if (aor === undefined || this.#lines.credentials(verdict.username, verdict.realm)?.aor !== aor) {
      const fields = { host: source.host, username: verdict.username, to: request.to.uri.slice(0, longestInLog) }
      this.#refusals.warn(fields, 'registration refused: the line is not that of these credentials')
      return this.#answer(request, 403, 'Forbidden')
    }
    return this.#update({ request, source, aor, nonceIssuedAt: verdict.nonceIssuedAt })
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

  #update(registration: Registration): SipResponse {
    const { request, aor } = registration
    const contacts = request.contacts
    if (contacts === '*') {
      // Section 10.3 step 6: the wildcard only with "Expires: 0".
      if (request.headers.get('Expires')?.trim() !== '0') {
        return this.#answer(request, 400, 'Wildcard Contact Needs Expires 0')
      }
      const bindings = this.#table.contacts(aor)
      if (bindings.some((binding) => isOutdated(registration, binding))) return this.#outOfOrder(request)
      for (const binding of bindings) this.#table.remove(aor, bindingKey(binding), 'unregistered')
      return this.#list(request, aor)
    }
    if (contacts.length > this.#limits.contactsPerLine) return this.#tooManyContacts(request)
    const plans: Plan[] = []
    for (const contact of contacts) {
      const plan = this.#plan(registration, contact)
      if (plan === undefined) continue
      if ('status' in plan) return plan
      plans.push(plan)
    }
    const displaced = this.#displaced(aor, plans)
    const refusal = this.#checkRoom(request, aor, plans, displaced)
    if (refusal !== undefined) return refusal
    for (const key of displaced) this.#table.remove(aor, key, 'replaced')
    for (const plan of plans) {
      if ('remove' in plan) this.#table.remove(aor, plan.remove, 'unregistered')
      else {
        if (plan.replaces !== undefined) this.#table.remove(aor, plan.replaces, 'replaced')
        this.#table.put(bindingKey(plan.put), plan.put)
        this.#qualifier?.watch(plan.put)
      }
    }
    return this.#list(request, aor)
  }

  /** Section 10.3 step 7, for one Contact. */
  #plan(registration: Registration, contact: NameAddr): Plan | SipResponse | undefined {
    const { request, source, aor } = registration
    const uri = tryParseUri(contact.uri)
    if (uri === undefined || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) {
      return this.#answer(request, 400, 'Contact Is Not A SIP URI')
    }
    if (contact.uri.length > longestContact) return this.#answer(request, 400, 'Contact Too Long')
    const expires = this.#expires(request, contact)
    if (expires > 0 && expires < this.#limits.minimumExpiresSeconds) {
      return this.#answer(request, 423, 'Interval Too Brief', [
        ['Min-Expires', String(this.#limits.minimumExpiresSeconds)],
      ])
    }
    const instanceId = contact.params.get('+sip.instance')
    const registrationId = parseCount(contact.params.get('reg-id'))
    const userAgent = request.headers.get('User-Agent')?.slice(0, 256)
    const secretMark = this.#lines.secretMark(aor)
    const now = this.#clock.now()
    const binding: Binding = {
      aor,
      // Headers in a Contact URI would end up in requests of ours (RFC 3261 section 19.1.5).
      contactUri: canonicalContact(uri),
      destination: destinationOf(request, uri, source),
      expiresAt: now + Math.min(expires, this.#limits.maximumExpiresSeconds) * 1000,
      q: parseQuality(contact.params.get('q')),
      callId: request.callId,
      sequence: request.cseq.number,
      registeredAt: now,
      ...(userAgent !== undefined && { userAgent }),
      ...(instanceId !== undefined && instanceId !== '' && { instanceId: instanceId.slice(0, 256) }),
      ...(registrationId !== undefined && { registrationId }),
      ...(secretMark !== undefined && { secretMark }),
    }
    const key = bindingKey(binding)
    const before = this.#table.get(aor, key)
    if (before !== undefined && isOutdated(registration, before)) return this.#outOfOrder(request)
    if (expires === 0) return before === undefined ? undefined : { remove: key }
    const put: Binding = before?.answersOptions === true ? { ...binding, answersOptions: true } : binding
    // The same Contact URI without an instance before: the phone has learnt RFC 5626, and must not ring twice.
    const plain = key === binding.contactUri ? undefined : this.#table.get(aor, binding.contactUri)
    return plain === undefined ? { put } : { put, replaces: binding.contactUri }
  }

  /** Contacts that make room for newer ones: a phone that got a new port must never be locked out by what it left behind. */
  #displaced(aor: string, plans: readonly Plan[]): readonly string[] {
    const named = new Set(plans.flatMap(keysOf))
    const others = this.#table.keys(aor).filter((key) => !named.has(key))
    const room = this.#limits.contactsPerLine - plans.filter((plan) => 'put' in plan).length
    return others.slice(0, Math.max(0, others.length - room))
  }

  #checkRoom(
    request: SipRequest,
    aor: string,
    plans: readonly Plan[],
    displaced: readonly string[],
  ): SipResponse | undefined {
    const before = new Set(this.#table.keys(aor))
    const added = plans.filter((plan) => 'put' in plan && !before.has(bindingKey(plan.put))).length
    const removed = displaced.length + plans.flatMap(keysRemovedBy).filter((key) => before.has(key)).length
    if (added <= removed || this.#table.size + added - removed <= this.#limits.contactsInTotal) return undefined
    return this.#answer(request, 503, 'Registrar Full', [['Retry-After', '300']])
  }

  #expires(request: SipRequest, contact: NameAddr): number {
    const asked = contact.params.get('expires') ?? request.headers.get('Expires')
    // Section 10.2.1.1: a malformed interval counts as the default.
    return parseCount(asked) ?? this.#limits.defaultExpiresSeconds
  }

  /** Section 10.3 step 8: the 200 lists every binding of the line. */
  #list(request: SipRequest, aor: string): SipResponse {
    const now = this.#clock.now()
    const response = this.#answer(request, 200, 'OK', [['Date', new Date(now).toUTCString()]])
    for (const binding of this.#table.contacts(aor)) {
      const q = binding.q === 1 ? '' : `;q=${binding.q}`
      const instance = binding.instanceId === undefined ? '' : `;+sip.instance=${quote(binding.instanceId)}`
      const flow = binding.registrationId === undefined ? '' : `;reg-id=${binding.registrationId}`
      const seconds = Math.ceil((binding.expiresAt - now) / 1000)
      response.headers.append('Contact', `<${binding.contactUri}>${q};expires=${seconds}${instance}${flow}`)
    }
    return response
  }

  #challenge(request: SipRequest, { host }: Source, realm: string, stale: boolean): SipResponse {
    const response = this.#answer(request, 401, 'Unauthorized')
    for (const value of this.#digest.challenge(realm, { stale, host }))
      response.headers.append('WWW-Authenticate', value)
    return response
  }

  #tooManyContacts(request: SipRequest): SipResponse {
    return this.#answer(request, 403, 'Too Many Contacts')
  }

  /** Section 10.3 step 7: the update fails as a whole. */
  #outOfOrder(request: SipRequest): SipResponse {
    return this.#answer(request, 500, 'Registration Out Of Order')
  }

  #answer(request: SipRequest, status: number, reason: string, headers: [string, string][] = []): SipResponse {
    const response = createResponse(request, status, reason)
    for (const [name, value] of headers) response.headers.append(name, value)
    return response
  }
}

/** A stranger's header may have thousands of octets. */
const longestInLog = 128

/** Longer ones are no phone's: each request to it carries it, and the store keeps it. */
const longestContact = 1024

const keysRemovedBy = (plan: Plan): string[] => {
  if ('remove' in plan) return [plan.remove]
  return plan.replaces === undefined ? [] : [plan.replaces]
}

const keysOf = (plan: Plan): string[] => ('put' in plan ? [bindingKey(plan.put)] : []).concat(keysRemovedBy(plan))

/**
 * Section 10.3 step 7: within one Call-ID, only a higher CSeq may change a binding. Some phones make their Call-ID of their hardware
 * address, and count from 1 again when they have been switched on; they would be locked out until the binding expires. So, beyond
 * the RFC, a REGISTER with a nonce that was made after the binding is a newer one: nobody can have sent it before.
 */
const isOutdated = ({ request, nonceIssuedAt }: Registration, binding: Binding): boolean =>
  request.callId === binding.callId &&
  request.cseq.number <= binding.sequence &&
  nonceIssuedAt <= (binding.registeredAt ?? 0)

/**
 * Where the phone is reached: the address and connection that its REGISTER came from, if it asked for that (RFC 3581), stands
 * behind a NAT, or has a Contact for a transport that it has not come by. Otherwise the port of its Contact: it may listen elsewhere
 * than it sends from, but not where we listen.
 */
const destinationOf = (request: SipRequest, contact: SipUri, source: Source): Binding['destination'] => {
  const isOfUdp = contact.scheme === 'sip' && (contact.params.get('transport')?.toLowerCase() ?? 'udp') === 'udp'
  const isThere = source.protocol === 'udp' && isOfUdp && contact.host === source.host
  const symmetric = !isThere || request.via.params.has('rport')
  const { protocol, host, flow } = source
  const proven = { protocol, host, port: source.port, flow }
  const port = symmetric ? source.port : (contact.port ?? 5060)
  return port === source.port ? proven : { ...proven, port, proven }
}

const canonicalContact = (uri: SipUri): string => {
  const { headers: _headers, ...kept } = uri
  return serializeUri({ ...kept, host: kept.host.toLowerCase() })
}

const tryParseUri = (text: string): SipUri | undefined => {
  try {
    return parseUri(text)
  } catch {
    return undefined
  }
}

const parseCount = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Math.min(Number(text), 0xffffffff) : undefined

/** RFC 3261 section 25.1, qvalue. */
const parseQuality = (text: string | undefined): number =>
  text !== undefined && /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text.trim()) ? Number(text) : 1
