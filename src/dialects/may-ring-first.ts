import type { CallRequest } from '../call/call-request.ts'
import type { Caller } from './dialect.ts'
import { type LineDirectory, lineOfTarget } from './line-of-target.ts'

/** Whether the caller may have this party rung first. Who is bound to lines rings these only, of its own account. */
export function mayRingFirst(
  caller: Caller,
  { account, first }: Pick<CallRequest, 'account' | 'first'>,
  directory: LineDirectory,
): boolean {
  if (caller.lines === undefined) return true
  if (account !== caller.account) return false
  const line = lineOfTarget(account, first.target, directory)
  return line !== undefined && caller.lines.has(line.number)
}
