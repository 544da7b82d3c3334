import type { Call } from '../call/call.ts'
import type { CallRequest, LegTarget } from '../call/call-request.ts'
import { readDialled } from '../call/read-dialled.ts'
import type { Directory, Line } from '../directory/directory.ts'
import { withoutSeparators } from '../directory/parse-dialled-number.ts'
import type { Caller } from './caller.ts'

/** What decides how far a caller reaches: which lines it may ring first, which calls it may see. */
export type ReachDirectory = Pick<Directory, 'findLine' | 'findUser' | 'findQueue' | 'featureCode'>

type Bound = Pick<Caller, 'account' | 'accounts' | 'lines'>

/** A caller that is bound to lines may use these only; they are lines of its own account. */
export const mayUseLine = ({ account, accounts, lines }: Bound, line: Pick<Line, 'account' | 'number'>): boolean =>
  accounts.includes(line.account) && (lines === undefined || (line.account === account && lines.has(line.number)))

/** A call that is asked for. */
export interface Placement {
  readonly request: Pick<CallRequest, 'account' | 'first' | 'second'>
  /** The line for which it is placed, where an API says so beside the two parties. */
  readonly onBehalfOf?: Pick<Line, 'account' | 'number'> | undefined
}

/**
 * Whether the caller may place this call. A caller that is bound to lines may ring only these first. Where the API names the line that a
 * call is placed for, anybody may ring first who is then connected to that line. In the place of that line an outside number may
 * ring, but no other line of the house, queue or context.
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
 * Whether the caller may see the call, and control it if it may control calls. A caller that is bound to lines sees the calls that it placed,
 * and those that were placed to or from its lines: the token of one desk is no key to the history of the house. A call is kept with
 * the name of its credential only: a name that two credentials share proves nothing, nor does a call from before this credential was
 * made.
 */
export function maySeeCall(
  caller: Bound & Pick<Caller, 'name' | 'sharesName' | 'madeAt'>,
  { account, request, acceptedAt }: Pick<Call, 'account' | 'request' | 'acceptedAt'>,
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
  const { name, sharesName, madeAt = 0 } = caller
  const isPlacedByIt = credential === name && placedFrom === account && !sharesName && acceptedAt >= madeAt
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

/** Whether a target can only be an outside number. Dialled characters may also name a line, a queue or a feature code, in any writing. */
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
