import type { ApiSession } from '../../access/api-session.ts'
import type { ParameterReader } from './parameter-reader.ts'

/**
 * The name of the account that `customer` says, by its number or its name: the user's own, or one below it. Undefined, with the
 * fault noted, for any other: one of somebody else's does not exist for this user.
 */
export const readCustomer = (
  reader: ParameterReader,
  session: Pick<ApiSession, 'account' | 'findAccount'>,
): string | undefined => findCustomer(reader.text('customer'), reader, session)

/** Whose calls a list is about: `all` goes one level down from the user's own account, `recursive` all the way. */
export function readCustomers(
  reader: ParameterReader,
  session: ApiSession,
  unnamed?: 'all',
): readonly string[] | undefined {
  const sent = reader.text('customer') ?? unnamed
  const below = reader.flag('recurse') ?? reader.flag('recursive') ?? false
  if (sent === 'recursive' || (below && sent === undefined)) return session.accounts
  if (sent === 'all') {
    return session.accounts.filter(
      (name) => name === session.account || session.findAccount(name)?.parent?.name === session.account,
    )
  }
  const customer = findCustomer(sent, reader, session)
  if (customer === undefined) return undefined
  return below ? session.accounts.filter((name) => isBelow(name, customer, session)) : [customer]
}

/** The account itself, or one below it. */
function isBelow(name: string, ancestor: string, session: ApiSession): boolean {
  for (let at: string | undefined = name; at !== undefined; at = session.findAccount(at)?.parent?.name) {
    if (at === ancestor) return true
  }
  return false
}

function findCustomer(
  sent: string | undefined,
  reader: ParameterReader,
  session: Pick<ApiSession, 'account' | 'findAccount'>,
): string | undefined {
  if (sent === undefined) return session.account
  const account = session.findAccount(sent)
  if (account !== undefined) return account.name
  reader.note({ code: '404', key: 'customer', message: 'There is no such customer' })
  return undefined
}
