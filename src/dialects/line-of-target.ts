import type { LegTarget } from '../call/call-request.ts'
import type { DialectContext, LineReference } from './dialect.ts'

export type LineDirectory = Pick<DialectContext, 'line' | 'lineOfUser'>

/** The line that a target rings, where it can be told from here: whom a queue or a context would ring depends on the moment. */
export function lineOfTarget(
  account: string,
  { kind, value }: LegTarget,
  directory: LineDirectory,
): LineReference | undefined {
  switch (kind) {
    case 'line':
    case 'dial':
      return directory.line(account, value)
    case 'user':
      return directory.lineOfUser(account, value)
    default:
      return undefined
  }
}
