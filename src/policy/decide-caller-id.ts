import type { CallerId } from '../call/call-request.ts'
import type { Account, Line } from '../directory/directory.ts'
import { allow, type Decision, deny } from './decision.ts'

/** An outside party may be shown numbers of the account only: anything else is a forged caller id. */
export function decideCallerId(
  shown: CallerId | undefined,
  account: Pick<Account, 'callerIds'>,
): Decision<'caller-id-not-allowed'> {
  const number = shown?.number
  if (number === undefined || account.callerIds.some((allowed) => allowed === number || allowed === `+${number}`)) {
    return allow
  }
  return deny(
    'caller-id-not-allowed',
    'The account may not show this caller id; add it to its callerIds if it owns the number.',
  )
}

/** What is known of the numbers that a party inside may be shown. */
export interface InsideNumbers {
  /** Whether it is a line of the account. */
  isLine(number: string): boolean
  canonicalOf(number: string): string
  /** Who the other party is. */
  readonly other: string | undefined
}

/** Where the API promises that nobody is shown a forged number: inside, the other party's and those of the account's lines are none. */
export function decideInsideCallerId(
  shown: CallerId | undefined,
  account: Pick<Account, 'callerIds'>,
  { isLine, canonicalOf, other }: InsideNumbers,
): Decision<'caller-id-not-allowed'> {
  const number = shown?.number
  if (number === undefined || number === other || isLine(number)) return allow
  const canonical = canonicalOf(number)
  return canonical === other ? allow : decideCallerId({ number: canonical }, account)
}

/** What an outside party is shown where the request names nothing: the line's own number, else the account's first. */
export function outsideCallerId(account: Pick<Account, 'callerIds'>, line?: Pick<Line, 'callerId'>): CallerId {
  const number = line?.callerId ?? account.callerIds[0]
  return number === undefined ? {} : { number }
}
