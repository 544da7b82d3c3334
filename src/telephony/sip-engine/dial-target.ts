import type { CallerId } from '../../call/call-request.ts'
import type { EndCause } from '../../call/end-cause.ts'
import type { Log } from '../../log.ts'
import type { NameAddr } from '../../sip/message/name-addr.ts'
import { parseUri, serializeUri } from '../../sip/message/uri.ts'
import type { Binding } from '../../sip/registrar/binding.ts'
import { bindingKey } from '../../sip/registrar/binding-table.ts'
import type { Destination } from '../../sip/transport/destination.ts'
import type { Credentials } from '../../sip/user-agent/invite-options.ts'
import { destinationOfUri } from '../../sip/user-agent/next-hop.ts'
import type { DialRequest } from '../driver.ts'
import { autoAnswerHeaders } from './auto-answer-headers.ts'
import type { FarSide } from './map-sip-status.ts'
import type { TrunkTurn } from './trunk-health.ts'

/** One INVITE to send: to one phone of a line, or over one trunk. */
export interface DialTarget {
  readonly farSide: FarSide
  readonly uri: string
  readonly destination: Destination
  /** A phone speaks from where it signals, or from where it says; a carrier's media may come from anywhere. */
  readonly signallingHost?: string
  /** Where the phone can be reached now, should its connection be lost. */
  readonly relocate?: () => Destination | undefined
  /** Called where nothing came back. */
  readonly suspect?: () => void
  readonly from: NameAddr
  readonly to: NameAddr
  readonly headers: readonly (readonly [string, string])[]
  readonly credentials?: Credentials
  /** The trunk's name, or else the line's extension. */
  readonly trunk?: string
  readonly line?: string
  readonly carrier?: TrunkTurn
}

/** The registered phones of lines, as the registrar knows them. */
export interface LinePhones {
  contacts(aor: string): readonly Binding[]
  /** A phone that is known not to answer is not dialled. */
  isReachable(binding: Binding): boolean
  /** A phone did not answer an INVITE. */
  suspect(binding: Binding): void
}

/** Where a leg may go, or why it can go nowhere. */
export type DialRounds = readonly (readonly DialTarget[])[] | EndCause

/** White space and control characters are in no number; escaped into a URI they would only be refused far away. */
const undiallable = /^$|[\s\p{Cc}]/u

/**
 * Rounds of targets: those of one round are dialled at once, the next round only if the one before met congestion. A line is
 * one round of all its phones that are there; a number is one round for each trunk, as `turns` orders them. Never throws: a trunk
 * that cannot be dialled is left out.
 */
export function dialRounds(
  request: DialRequest,
  turns: readonly TrunkTurn[],
  phones: LinePhones,
  domain: string,
  log: Log,
): DialRounds {
  const { destination } = request
  if (destination.kind === 'line') {
    const contacts = () => phones.contacts(aorOf(destination.line))
    const reachable = contacts().filter((binding) => phones.isReachable(binding))
    if (reachable.length === 0) return 'unavailable'
    const relocate = (phone: Binding) =>
      contacts().find((binding) => bindingKey(binding) === bindingKey(phone))?.destination
    return [
      reachable.map((binding) => ({
        ...phoneTarget(request, binding, destination.line.number, domain),
        relocate: () => relocate(binding),
        suspect: () => phones.suspect(binding),
      })),
    ]
  }
  const rounds = turns.flatMap((turn) => {
    const { trunk } = turn
    const number = trunk.dialString ?? destination.number
    if (undiallable.test(number)) return []
    try {
      return [[trunkTarget(request, turn, number)]]
    } catch (error) {
      log.warn({ trunk: trunk.name, err: error }, 'the address of this trunk cannot be dialled; it is left out')
      return []
    }
  })
  if (rounds.length > 0) return rounds
  return undiallable.test(destination.number) ? 'invalid-number' : 'failed'
}

/** The registrar's key of a line. */
export const aorOf = (line: { readonly account: string; readonly number: string }): string =>
  `${line.account}/${line.number}`

function phoneTarget(request: DialRequest, binding: Binding, number: string, domain: string): DialTarget {
  return {
    farSide: 'line',
    line: number,
    uri: binding.contactUri,
    destination: binding.destination,
    signallingHost: binding.destination.host,
    from: callerAddress(request.callerId, domain),
    to: { uri: sipUri(number, domain), params: noParameters },
    headers: [
      ...(request.autoAnswer ? autoAnswerHeaders(binding.userAgent) : []),
      // RFC 3261 section 20.9: phones offer it to their user, or open it.
      ...(request.link === undefined ? [] : [['Call-Info', `<${request.link}>;purpose=info`] as const]),
    ],
  }
}

function trunkTarget(request: DialRequest, carrier: TrunkTurn, number: string): DialTarget {
  const { trunk } = carrier
  const address = parseUri(trunk.address)
  const uri = serializeUri({ ...address, user: number })
  const from = callerAddress(request.callerId, address.host, trunk.username)
  const identity = request.callerId.number
  return {
    farSide: 'trunk',
    uri,
    // The configuration refuses what this throws for, and says where; a call never leaves by another way than was asked for.
    destination: destinationOfUri(trunk.address),
    from,
    to: { uri: sipUri(number, address.host), params: noParameters },
    // RFC 3325: the carrier reads who calls from here, whatever From it insists on.
    headers: identity === undefined ? [] : [['P-Asserted-Identity', `<${sipUri(identity, address.host)}>`]],
    ...(trunk.username === undefined || trunk.password === undefined
      ? {}
      : { credentials: { username: trunk.username, password: trunk.password } }),
    trunk: trunk.name,
    carrier,
  }
}

const noParameters: ReadonlyMap<string, string | undefined> = new Map()

const sipUri = (user: string, host: string): string => serializeUri({ scheme: 'sip', user, host, params: noParameters })

/** RFC 3261 section 8.1.1.3: without an identity the caller is anonymous. */
function callerAddress(callerId: CallerId, domain: string, otherwise?: string): NameAddr {
  const user = callerId.number ?? otherwise
  if (user === undefined || user === '') {
    return { displayName: 'Anonymous', uri: 'sip:anonymous@anonymous.invalid', params: noParameters }
  }
  return {
    ...(callerId.name === undefined ? {} : { displayName: callerId.name }),
    uri: sipUri(user, domain),
    params: noParameters,
  }
}
