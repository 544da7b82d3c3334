import type { Call } from '../call/call.ts'
import type { CallRequest, LegTarget } from '../call/call-request.ts'
import { readDialled } from '../call/read-dialled.ts'
import type { Directory, Line } from '../directory/directory.ts'
import { withoutSeparators } from '../directory/parse-dialled-number.ts'
import type { Caller } from './caller.ts'

/** How far a caller reaches: whose lines it may ring first, whose calls it may see. Pure. */
export type ReachDirectory = Pick<Directory, 'findLine' | 'findUser' | 'findQueue' | 'featureCode'>

type Bound = Pick<Caller, 'account' | 'accounts' | 'lines'>

/** Who is bound to lines has these only, of its own account. */
export const mayUseLine = ({ account, accounts, lines }: Bound, line: Pick<Line, 'account' | 'number'>): boolean =>
  accounts.includes(line.account) && (lines === undefined || (line.account === account && lines.has(line.number)))

/** A call that is asked for. */
export interface Placement {
  readonly request: Pick<CallRequest, 'account' | 'first' | 'second'>
  /** The line for which it is placed, where an API says so beside the two parties. */
  readonly onBehalfOf?: Pick<Line, 'account' | 'number'> | undefined
}

/**
 * Whether the caller may have this call placed. Who is bound to lines rings these first. An API that says for which line a call is
 * placed may ring anybody first who is then connected to that line, or a party outside in its place; never another line of the
 * house, nor whomever a queue or a context would ring.
 */
export function mayPlace(caller: Bound, { request, onBehalfOf }: Placement, directory: ReachDirectory): boolean {
  const { account, first, second } = request
  if (!caller.accounts.includes(account)) return false
  if (caller.lines === undefined) return true
  const rings = (target: LegTarget): Line | undefined => lineOfTarget(account, target, directory)
  const own = rings(first.target)
  if (own !== undefined && mayUseLine(caller, own)) return true
  if (onBehalfOf === undefined || onBehalfOf.account !== account || !mayUseLine(caller, onBehalfOf)) return false
  return rings(second.target)?.number === onBehalfOf.number || isOutside(account, first.target, directory)
}

/**
 * Whether the caller may see the call, and control it if it may control calls. Who is bound to lines sees what it placed itself, and
 * the calls that were placed to or from these lines: the token of one desk is no key to the history of the house. A call is kept with
 * the name of its credential alone, so a name that another credential has too says nothing.
 */
export function maySeeCall(
  caller: Bound & Pick<Caller, 'name' | 'sharesName'>,
  { account, request }: Pick<Call, 'account' | 'request'>,
  directory: ReachDirectory,
): boolean {
  if (!caller.accounts.includes(account)) return false
  if (caller.lines === undefined) return true
  if (account !== caller.account) return false
  const isOwn = (target: LegTarget): boolean => {
    const line = lineOfTarget(account, target, directory)
    return line !== undefined && mayUseLine(caller, line)
  }
  const { credential, account: placedFrom = account } = request.origin
  const isPlacedByIt = credential === caller.name && placedFrom === account && !caller.sharesName
  return isPlacedByIt || isOwn(request.first.target) || isOwn(request.second.target)
}

/** The line that a target rings, where it can be told from here: whom a queue or a context would ring depends on the moment. */
function lineOfTarget(account: string, { kind, value }: LegTarget, directory: ReachDirectory): Line | undefined {
  switch (kind) {
    case 'line':
    case 'dial':
      return directory.findLine(account, value)
    case 'user': {
      const number = directory.findUser(account, value)?.line
      return number === undefined ? undefined : directory.findLine(account, number)
    }
    default:
      return undefined
  }
}

/** Whether a target can only be an outside number: dialled characters may name a line, a queue or a feature code, in any writing. */
export function isOutside(account: string, { kind, value }: LegTarget, directory: ReachDirectory): boolean {
  if (kind === 'number') return true
  if (kind !== 'dial') return false
  const read = readDialled(value)
  const writings = 'text' in read ? [value, read.text, withoutSeparators(read.text)] : [value]
  return writings.every(
    (dialled) =>
      directory.findLine(account, dialled) === undefined &&
      directory.findQueue(account, dialled) === undefined &&
      directory.featureCode(account, dialled) === undefined,
  )
}
