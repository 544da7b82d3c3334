import type { CallRequest } from '../call/call-request.ts'
import type { Caller, DialectContext } from './dialect.ts'

/**
 * Whether the caller may have this party rung first. Who is bound to lines rings these only, of its own account: whom a queue, a
 * user's name or a number would ring cannot be told from here.
 */
export function mayRingFirst(
  caller: Caller,
  { account, first: { target } }: Pick<CallRequest, 'account' | 'first'>,
  directory: Pick<DialectContext, 'line'>,
): boolean {
  if (caller.lines === undefined) return true
  if (target.kind !== 'line' || account !== caller.account) return false
  const line = directory.line(account, target.value)
  return line !== undefined && caller.lines.has(line.number)
}
