import type { Clock } from '../../clock.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { NameAddr } from '../message/name-addr.ts'
import { quote } from '../message/parameters.ts'
import { type SipUri, serializeUri, tryParseUri } from '../message/uri.ts'
import type { Source } from '../transport/destination.ts'
import type { Binding } from './binding.ts'
import { type BindingTable, bindingKey } from './binding-table.ts'

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

export interface BindingUpdatesOptions {
  readonly clock: Clock
  readonly limits: RegistrarLimits
  /** What stands for a line's secret, by the line's key; undefined where the line is no more. */
  readonly secretMark: (aor: string) => string | undefined
  /** A binding was added or refreshed. */
  readonly onPut: (binding: Binding) => void
}

/** A REGISTER whose sender has proved to be the line's phone. */
export interface ProvedRegistration {
  readonly request: SipRequest
  readonly source: Source
  readonly aor: string
  readonly nonceIssuedAt: number
}

/** A change that a REGISTER asks for, checked but not yet made. */
type Plan = { readonly put: Binding; readonly replaces?: string } | { readonly remove: string }

/** What a REGISTER does to the bindings of its line: steps 6 to 8 of RFC 3261 section 10.3. */
export class BindingUpdates {
  readonly #table: BindingTable
  readonly #clock: Clock
  readonly #limits: RegistrarLimits
  readonly #secretMark: (aor: string) => string | undefined
  readonly #onPut: (binding: Binding) => void

  constructor(table: BindingTable, { clock, limits, secretMark, onPut }: BindingUpdatesOptions) {
    this.#table = table
    this.#clock = clock
    this.#limits = limits
    this.#secretMark = secretMark
    this.#onPut = onPut
  }

  /** All that the REGISTER asks for, or nothing; the response says which. */
  apply(registration: ProvedRegistration): SipResponse {
    const { request, aor } = registration
    const contacts = request.contacts
    if (contacts === '*') {
      // Section 10.3 step 6: the wildcard only with "Expires: 0".
      if (request.headers.get('Expires')?.trim() !== '0') {
        return createResponse(request, 400, 'Wildcard Contact Needs Expires 0')
      }
      const bindings = this.#table.contacts(aor)
      if (bindings.some((binding) => isOutdated(registration, binding))) return outOfOrder(request)
      for (const binding of bindings) this.#table.remove(aor, bindingKey(binding), 'unregistered')
      return this.#list(request, aor)
    }
    if (contacts.length > this.#limits.contactsPerLine) return createResponse(request, 403, 'Too Many Contacts')
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
        this.#onPut(plan.put)
      }
    }
    return this.#list(request, aor)
  }

  /** Section 10.3 step 7, for one Contact. */
  #plan(registration: ProvedRegistration, contact: NameAddr): Plan | SipResponse | undefined {
    const { request, source, aor } = registration
    const uri = tryParseUri(contact.uri)
    if (uri === undefined || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) {
      return createResponse(request, 400, 'Contact Is Not A SIP URI')
    }
    if (contact.uri.length > longestContact) return createResponse(request, 400, 'Contact Too Long')
    const expires = this.#expires(request, contact)
    if (expires > 0 && expires < this.#limits.minimumExpiresSeconds) {
      return createResponse(request, 423, 'Interval Too Brief', {
        headers: [['Min-Expires', String(this.#limits.minimumExpiresSeconds)]],
      })
    }
    const instanceId = contact.params.get('+sip.instance')
    const registrationId = parseCount(contact.params.get('reg-id'))
    const userAgent = request.headers.get('User-Agent')?.slice(0, 256)
    const secretMark = this.#secretMark(aor)
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
    if (before !== undefined && isOutdated(registration, before)) return outOfOrder(request)
    if (expires === 0) return before === undefined ? undefined : { remove: key }
    const put: Binding = before?.answersOptions === true ? { ...binding, answersOptions: true } : binding
    // The same Contact URI was there without an instance: the phone has learnt RFC 5626 since, and must not ring twice.
    const plain = key === binding.contactUri ? undefined : this.#table.get(aor, binding.contactUri)
    return plain === undefined ? { put } : { put, replaces: binding.contactUri }
  }

  /** The contacts that make room for newer ones: a phone with a new port must never be locked out by the contacts that it left behind. */
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
    return createResponse(request, 503, 'Registrar Full', { headers: [['Retry-After', '300']] })
  }

  #expires(request: SipRequest, contact: NameAddr): number {
    const asked = contact.params.get('expires') ?? request.headers.get('Expires')
    // Section 10.2.1.1: a malformed interval counts as the default.
    return parseCount(asked) ?? this.#limits.defaultExpiresSeconds
  }

  /** Section 10.3 step 8: the 200 lists every binding of the line. */
  #list(request: SipRequest, aor: string): SipResponse {
    const now = this.#clock.now()
    const response = createResponse(request, 200, 'OK', { headers: [['Date', new Date(now).toUTCString()]] })
    for (const binding of this.#table.contacts(aor)) {
      const q = binding.q === 1 ? '' : `;q=${binding.q}`
      const instance = binding.instanceId === undefined ? '' : `;+sip.instance=${quote(binding.instanceId)}`
      const flow = binding.registrationId === undefined ? '' : `;reg-id=${binding.registrationId}`
      const seconds = Math.ceil((binding.expiresAt - now) / 1000)
      response.headers.append('Contact', `<${binding.contactUri}>${q};expires=${seconds}${instance}${flow}`)
    }
    return response
  }
}

/** Section 10.3 step 7: the update fails as a whole. */
const outOfOrder = (request: SipRequest): SipResponse => createResponse(request, 500, 'Registration Out Of Order')

/** No phone has a longer one. Each request to the phone carries it, and the store keeps it. */
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
const isOutdated = ({ request, nonceIssuedAt }: ProvedRegistration, binding: Binding): boolean =>
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

const parseCount = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Math.min(Number(text), 0xffffffff) : undefined

/** RFC 3261 section 25.1, qvalue. */
const parseQuality = (text: string | undefined): number =>
  text !== undefined && /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text.trim()) ? Number(text) : 1
