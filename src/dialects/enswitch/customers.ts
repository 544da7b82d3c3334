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
): readonly string[] | undefined {
  const sent = reader.text('customer')
  if (sent === 'recursive') return caller.accounts
  if (sent === 'all') {
    return caller.accounts.filter(
      (name) => name === caller.account || accounts.account(name)?.parent === caller.account,
    )
  }
  const customer = findCustomer(sent, reader, caller, accounts)
  return customer === undefined ? undefined : [customer]
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
