import type { Headers } from '../message/headers.ts'
import type { SipRequest } from '../message/message.ts'

/** What a user agent does within RFC 3261 and its extensions. */
export interface Capabilities {
  /** Whether the owner of the sessions takes part in transfers: REFER, NOTIFY and Replaces. */
  readonly transfers: boolean
  /** Sent as Allow. */
  readonly methods: string
  /** Sent as Supported. */
  readonly extensions: readonly string[]
}

const methods = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE'

/**
 * Reliable provisional responses (RFC 3262); with transfers a call in another's place (RFC 3891), and a REFER that tells no progress
 * (RFC 4488). Session timers (RFC 4028) are left out on purpose: media tells a dead peer sooner. Phones offer their users a transfer
 * where they see REFER: it is named only where somebody takes it.
 */
export const capabilitiesWith = (transfers: boolean): Capabilities =>
  transfers
    ? { transfers, methods: `${methods}, REFER, NOTIFY`, extensions: ['100rel', 'replaces', 'norefersub'] }
    : { transfers, methods, extensions: ['100rel'] }

export const sessionDescriptionType = 'application/sdp'
/** Bodies of INFO that carry a digit. */
export const digitTypes: readonly string[] = ['application/dtmf-relay', 'application/dtmf']

/** A status line and headers as a body (RFC 3420): how far a transfer is (RFC 3515 section 2.4.5). */
export const sipFragmentType = 'message/sipfrag'

/**
 * Methods of the SIP registry (IANA sip-parameters) that, where we do not take them, are refused with 405; a method that nobody knows is
 * 501 (RFC 3261 section 8.2.1).
 */
export const refusedMethods: ReadonlySet<string> = new Set([
  'REGISTER',
  'SUBSCRIBE',
  'PUBLISH',
  'MESSAGE',
  'REFER',
  'NOTIFY',
])

/** The extensions of a Require header that we lack: they go into the Unsupported of a 420 (RFC 3261 section 8.2.2.3). */
export const unsupportedExtensions = (headers: Headers, known: readonly string[]): string[] =>
  headers.has('Require')
    ? headers.getAll('Require').filter((extension) => !known.includes(extension.trim().toLowerCase()))
    : []

/** Whether the message demands RFC 3262: an INVITE of its callee, a provisional response of its caller. */
export const requiresReliability = (headers: Headers): boolean =>
  headers.has('Require') && headers.getAll('Require').some((extension) => extension.trim().toLowerCase() === '100rel')

/** The media type of a body, lower-case and without parameters; undefined where there is no body. */
export const bodyType = (message: { readonly headers: Headers; readonly body: Buffer }): string | undefined => {
  if (message.body.length === 0) return undefined
  const value = message.headers.get('Content-Type') ?? ''
  const end = value.indexOf(';')
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase()
}

/** Whether the caller takes a session description; without an Accept it does (RFC 3261 section 20.1). */
export const acceptsSessionDescription = ({ headers }: SipRequest): boolean =>
  !headers.has('Accept') ||
  headers.getAll('Accept').some((range) => /^(\*|application)\s*\/\s*(\*|sdp)\s*(;|$)/i.test(range.trim()))
