import type { Call } from '../call/call.ts'
import type { LegTarget } from '../call/call-request.ts'
import type { CallFilter, CallService } from '../call/call-service.ts'
import type { Caller, DialectContext } from './dialect.ts'
import { type LineDirectory, lineOfTarget } from './line-of-target.ts'

/**
 * Whether the caller may see the call, and control it if it may control calls. Who is bound to lines sees what it placed itself, and
 * the calls that were placed to or from these lines: the token of one desk is no key to the history of the house.
 */
export function maySeeCall(
  caller: Caller,
  { account, request }: Pick<Call, 'account' | 'request'>,
  directory: LineDirectory,
) {
  const { accounts, lines, name } = caller
  if (!accounts.includes(account)) return false
  if (lines === undefined) return true
  if (account !== caller.account) return false
  const isOfLine = (target: LegTarget): boolean => {
    const line = lineOfTarget(account, target, directory)
    return line !== undefined && lines.has(line.number)
  }
  const { credential, account: placedFrom = account } = request.origin
  return (
    (credential === name && placedFrom === account) || isOfLine(request.first.target) || isOfLine(request.second.target)
  )
}

/** How many pages are looked through for one that holds a call: whoever is bound to a quiet line goes on by the cursor. */
const mostPages = 20

/** The calls that the caller may see, of the accounts that it asks for. A page may hold fewer than there would be room for. */
export async function listVisibleCalls(
  caller: Caller,
  accounts: readonly string[],
  filter: CallFilter,
  context: Pick<DialectContext, 'calls'> & LineDirectory,
): ReturnType<CallService['calls']> {
  let page = await context.calls.calls(accounts, filter)
  for (let pages = 1; ; pages++) {
    const visible = page.calls.filter((call) => maySeeCall(caller, call, context))
    if (visible.length > 0 || page.cursor === undefined || pages === mostPages) return { ...page, calls: visible }
    page = await context.calls.calls(accounts, { ...filter, cursor: page.cursor })
  }
}

/** The call of that id; none if the caller may not see it. */
export async function findVisibleCall(
  caller: Caller,
  id: string,
  context: Pick<DialectContext, 'calls'> & LineDirectory,
): Promise<Call | undefined> {
  const call = await context.calls.call(caller.accounts, id)
  return call !== undefined && maySeeCall(caller, call, context) ? call : undefined
}
