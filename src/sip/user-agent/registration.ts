import { readableContacts } from '../dialog/contact.ts'
import { Headers } from '../message/headers.ts'
import { SipRequest, type SipResponse } from '../message/message.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import { parseUri, uriEquals } from '../message/uri.ts'
import type { Destination } from '../transport/destination.ts'
import { Authorizer } from './authorizer.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import type { Credentials } from './invite-options.ts'
import { type RequestOutcome, sendAuthorized } from './send-authorized.ts'

export interface RegistrationOptions {
  /** Address-of-record, `sip:101@example.com`. */
  readonly aor: string
  readonly destination: Destination
  readonly credentials?: Credentials
  /** What we ask for; the registrar has the last word. */
  readonly expiresSeconds?: number
  /** User part of the Contact; that of the address-of-record otherwise. */
  readonly contactUser?: string
  /** `urn:uuid:…` (RFC 5626 section 4.1). */
  readonly instanceId?: string
}

export type RegistrationState =
  | { readonly status: 'registering' }
  | { readonly status: 'registered'; readonly expiresSeconds: number }
  /** Another attempt follows in `retrySeconds`. `code` is 0 where no answer came. */
  | { readonly status: 'failed'; readonly code: number; readonly reason: string; readonly retrySeconds: number }
  | { readonly status: 'unregistered' }

const firstRetrySeconds = 5
const lastRetrySeconds = 900

/** Keeps one Contact registered (RFC 3261 section 10.2): refreshes it in time, comes back after failures, removes it at the end. */
export class Registration {
  onState: ((state: RegistrationState) => void) | undefined
  readonly #core: UserAgentCore
  readonly #options: RegistrationOptions
  readonly #authorizer: Authorizer | undefined
  readonly #callId: string
  readonly #contact: string
  readonly #fromTag: string
  #sequence = 0
  #expiresSeconds: number
  #retrySeconds = firstRetrySeconds
  #alarm: Alarm | undefined
  #state: RegistrationState = { status: 'unregistered' }
  #running = false
  #busy = false
  #stopped: (() => void) | undefined

  constructor(core: UserAgentCore, options: RegistrationOptions) {
    this.#core = core
    this.#options = options
    this.#authorizer = options.credentials && new Authorizer(options.credentials, core.random)
    this.#callId = core.createCallId()
    this.#fromTag = core.createTag()
    this.#expiresSeconds = options.expiresSeconds ?? 3600
    this.#contact = core.contact(options.destination, options.contactUser ?? parseUri(options.aor).user ?? '')
  }

  get state(): RegistrationState {
    return this.#state
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    this.#register()
  }

  /** Removes the Contact. Resolves when the registrar has answered, or will not. */
  stop(): Promise<void> {
    if (!this.#running) return Promise.resolve()
    this.#running = false
    this.#core.stopTimer(this.#alarm)
    return new Promise((resolve) => {
      this.#stopped = resolve
      // A REGISTER under way is waited for: two at a time may overtake each other (RFC 3261 section 10.2).
      if (!this.#busy) this.#unregister()
    })
  }

  #register(): void {
    this.#busy = true
    if (this.#state.status !== 'registered') this.#change({ status: 'registering' })
    this.#send(this.#expiresSeconds, (outcome) => {
      this.#busy = false
      if (!this.#running) return this.#unregister()
      if (typeof outcome === 'string') return this.#fail(0, outcome)
      if (outcome.status < 300) return this.#succeed(outcome)
      const minimum = Number(outcome.headers.get('Min-Expires'))
      // RFC 3261 section 10.2.8: 423 says how long it must be at least.
      if (outcome.status === 423 && minimum > this.#expiresSeconds && minimum <= 86_400) {
        this.#expiresSeconds = minimum
        return this.#register()
      }
      this.#fail(outcome.status, outcome.reason)
    })
  }

  #unregister(): void {
    const finish = (): void => {
      this.#change({ status: 'unregistered' })
      this.#stopped?.()
      this.#stopped = undefined
    }
    if (this.#sequence === 0) return finish()
    this.#send(0, finish)
  }

  #succeed(response: SipResponse): void {
    this.#retrySeconds = firstRetrySeconds
    const expiresSeconds = grantedSeconds(response, this.#contact) ?? this.#expiresSeconds
    this.#change({ status: 'registered', expiresSeconds })
    // Early enough for a lost packet and its retransmissions, never in a busy loop.
    const refreshSeconds = Math.max(1, expiresSeconds > 120 ? expiresSeconds - 60 : expiresSeconds / 2)
    this.#arm(refreshSeconds)
  }

  #fail(code: number, reason: string): void {
    const retrySeconds = this.#retrySeconds
    this.#retrySeconds = Math.min(retrySeconds * 2, lastRetrySeconds)
    this.#change({ status: 'failed', code, reason, retrySeconds })
    this.#arm(retrySeconds)
  }

  #arm(seconds: number): void {
    this.#core.stopTimer(this.#alarm)
    this.#alarm = this.#core.startTimer(() => this.#register(), seconds * 1000)
  }

  #change(state: RegistrationState): void {
    this.#state = state
    this.onState?.(state)
  }

  #send(expires: number, onOutcome: (outcome: RequestOutcome) => void): void {
    const create = (): SipRequest => this.#createRequest(expires)
    sendAuthorized(this.#core, create, this.#options.destination, this.#authorizer, onOutcome)
  }

  /** RFC 3261 section 10.2: one Call-ID for all, one CSeq for each; the Request-URI is the registrar's domain. */
  #createRequest(expires: number): SipRequest {
    const { aor, instanceId } = this.#options
    const { scheme, host, port } = parseUri(aor)
    const instance = instanceId === undefined ? '' : `;+sip.instance="<${instanceId}>";reg-id=1`
    const headers = new Headers()
    headers.append('Max-Forwards', '70')
    headers.append('From', `<${aor}>;tag=${this.#fromTag}`)
    headers.append('To', `<${aor}>`)
    headers.append('Call-ID', this.#callId)
    headers.append('CSeq', `${++this.#sequence} REGISTER`)
    headers.append('Contact', `${this.#contact};expires=${expires}${instance}`)
    headers.append('Expires', String(expires))
    const uri = `${scheme}:${host}${port === undefined ? '' : `:${port}`}`
    return new SipRequest('REGISTER', uri, headers)
  }
}

/** How long the registrar keeps our Contact: it may list others of the line beside it (RFC 3261 section 10.2.4). */
const grantedSeconds = (response: SipResponse, contact: string): number | undefined => {
  const ours = parseUri(parseNameAddr(contact).uri)
  const own = readableContacts(response).find((candidate) => {
    try {
      return uriEquals(parseUri(candidate.uri), ours)
    } catch {
      return false
    }
  })
  const seconds = Number(own?.params.get('expires') ?? response.headers.get('Expires') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined
}
