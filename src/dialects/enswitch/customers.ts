import type { Caller, DialectContext } from '../dialect.ts'
import type { ParameterReader } from './parameter-reader.ts'

type Accounts = Pick<DialectContext, 'account'>

/**
 * The name of the account that `customer` says, by its number or its name: the user's own, or one below it. Undefined, with the
 * fault noted, for any other: one of somebody else's does not exist for this user.
 */
export const readCustomer = (reader: ParameterReader, caller: Caller, accounts: Accounts): string | undefined =>
  findCustomer(reader.text('customer'), reader, caller, accounts)

/** Whose calls a list is about: `all` goes one level down from the user's own account, `recursive` all the way. */
export function readCustomers(
  reader: ParameterReader,
  caller: Caller,
  accounts: Accounts,
  unnamed?: 'all',
): readonly string[] | undefined {
  const sent = reader.text('customer') ?? unnamed
  const below = reader.flag('recurse') ?? reader.flag('recursive') ?? false
  if (sent === 'recursive' || (below && sent === undefined)) return caller.accounts
  if (sent === 'all') {
    return caller.accounts.filter(
      (name) => name === caller.account || accounts.account(name)?.parent === caller.account,
    )
  }
  const customer = findCustomer(sent, reader, caller, accounts)
  if (customer === undefined) return undefined
  return below ? caller.accounts.filter((name) => isBelow(name, customer, accounts)) : [customer]
}

/** The account itself, or one below it. */
function isBelow(name: string, ancestor: string, accounts: Accounts): boolean {
  for (let at: string | undefined = name; at !== undefined; at = accounts.account(at)?.parent) {
    if (at === ancestor) return true
  }
  return false
}

function findCustomer(
  sent: string | undefined,
  reader: ParameterReader,
  caller: Caller,
  accounts: Accounts,
): string | undefined {
  if (sent === undefined) return caller.account
  const account = accounts.account(sent)
  if (account !== undefined && caller.accounts.includes(account.name)) return account.name
  reader.note({ code: '404', key: 'customer', message: 'There is no such customer' })
  return undefined
}
