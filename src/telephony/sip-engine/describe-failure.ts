import type { SipResponse } from '../../sip/message/message.ts'
import { parseParameters } from '../../sip/message/parameters.ts'
import { splitList } from '../../sip/message/split-list.ts'
import type { InviteFailure } from '../../sip/user-agent/invite-options.ts'

/** One value of a Reason header (RFC 3326): `Q.850;cause=21;text="Call Rejected"`. */
export interface ReasonValue {
  /** `Q.850`, `SIP`, … as it stands in the RFC's registry. */
  readonly protocol: string
  readonly cause?: number
  readonly text?: string
  /** RFC 8606: where the cause arose; `U` is the user. */
  readonly location?: string
}

/** How many values of a header, and how many characters of them all, are worth keeping. */
const mostValues = 4
const longestReason = 240

/** What can be read of the Reason headers; a value that cannot be read is left out. */
export const readReasons = (response: SipResponse): readonly ReasonValue[] =>
  response.headers
    .getAll('Reason')
    .flatMap(splitList)
    .slice(0, mostValues)
    .flatMap((value) => {
      const semicolon = value.indexOf(';')
      const protocol = (semicolon === -1 ? value : value.slice(0, semicolon)).trim()
      try {
        const parameters = semicolon === -1 ? new Map() : parseParameters(value, semicolon + 1)
        const cause = parameters.get('cause')
        const location = parameters.get('location')?.toUpperCase()
        return [
          {
            protocol: protocol.toUpperCase(),
            ...(cause !== undefined && /^\d{1,3}$/.test(cause) ? { cause: Number(cause) } : {}),
            ...(parameters.has('text') ? { text: parameters.get('text') ?? '' } : {}),
            ...(location === undefined ? {} : { location }),
          },
        ]
      } catch {
        return []
      }
    })

/** RFC 3261 section 20.43: a code, an agent, and the text in quotes. */
const warning = /^\d{3}\s+\S+\s+"((?:[^"\\]|\\.)*)"$/

const readWarnings = (response: SipResponse): readonly string[] =>
  response.headers
    .getAll('Warning')
    .flatMap(splitList)
    .slice(0, mostValues)
    .flatMap((value) => warning.exec(value)?.[1] ?? [])

/**
 * What the far side said, in one line for people: the phrase, and in brackets the texts of Reason and Warning and whom a redirection
 * names. `Forbidden (Caller Origination Number is Invalid)`. Where nothing came back, why.
 */
export function describeFailure({ reason, response, contacts = [] }: InviteFailure): string {
  if (response === undefined) return tidy(describeSilence(reason))
  const retryAfter = response.headers.get('Retry-After')
  const details = [
    ...readReasons(response).flatMap(
      ({ protocol, cause, text }) => text || (cause === undefined ? [] : `${protocol} cause ${cause}`),
    ),
    ...readWarnings(response),
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
    ...contacts.slice(0, mostValues).map(({ uri }) => `to ${uri}`),
  ]
  const told = details.filter((detail, index) => detail !== '' && details.indexOf(detail) === index)
  return tidy(told.length === 0 ? reason : `${reason} (${told.join('; ')})`.trimStart())
}

/** The stack's own words for a response that never came (RFC 3261 section 8.1.3.1) would read as if the far side had said them. */
const describeSilence = (reason: string): string =>
  reason === 'Request Timeout' ? 'no response in time' : reason.replace(/^Service Unavailable: /, '')

/** It is a stranger's text: in one line, and no longer than a line should be. */
function tidy(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > longestReason ? `${line.slice(0, longestReason - 1)}…` : line
}
