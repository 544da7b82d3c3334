import type { AccountReference, Caller, DialectContext, LineReference } from '../dialect.ts'
import type { ApiFunction, AskedRequest } from './api-function.ts'
import { readCustomer, readCustomers } from './customers.ts'
import type { ParameterReader } from './parameter-reader.ts'
import { type Answer, found } from './render-answer.ts'

/** CRMs look these up at sign-in and on a customer's card: whoever may see calls may see whose they are. */
const permissions = ['calls:read', 'directory:read'] as const

const getCustomer: ApiFunction = {
  permissions,
  run({ reader, caller, context }) {
    const name = readCustomer(reader, caller, context)
    const account = name === undefined ? undefined : context.account(name)
    return account === undefined ? { responses: reader.faults } : found(customerRow(account, context))
  },
}

/** The user's own customer and those directly below, or as `customer` and `recurse` say. */
const listCustomers: ApiFunction = {
  permissions,
  run({ reader, caller, context }) {
    const isNamed = reader.text('customer') !== undefined || reader.flag('recurse') === true
    const names = readCustomers(reader, caller, context, isNamed ? undefined : 'all')
    if (names === undefined || reader.faults.length > 0) return { responses: reader.faults }
    return found(names.flatMap((name) => context.account(name) ?? []).map((account) => customerRow(account, context)))
  },
}

const listPhones: ApiFunction = {
  permissions,
  run({ reader, caller, context }) {
    const names = readCustomers(reader, caller, context)
    if (names === undefined || reader.faults.length > 0) return { responses: reader.faults }
    // Looked up for all at once: an account may have ten thousand lines.
    const isRegistered = registeredIn(names, context)
    return found(visibleLines(names, caller, context).map((line) => phoneRow(line, isRegistered, context)))
  },
}

const getPhone: ApiFunction = {
  permissions,
  run: (asked) => ofPhone(asked, (line, context) => phoneRow(line, registeredIn([line.account], context), context)),
}

const listRegistrations: ApiFunction = {
  permissions,
  run({ reader, caller, context }) {
    const names = readCustomers(reader, caller, context)
    const wanted = reader.text('phone')
    if (names === undefined || reader.faults.length > 0) return { responses: reader.faults }
    const visible = new Set(visibleLines(names, caller, context).map(({ account, number }) => `${account}/${number}`))
    const phones = context.phones(names).filter(({ account, line }) => {
      const named = wanted === undefined ? line : context.line(account, wanted)?.number
      return visible.has(`${account}/${line}`) && named === line
    })
    return found(
      phones.map(({ account, line, contact, userAgent = '', expiresAt }) => ({
        customer: context.account(account)?.id ?? 0,
        phone: line,
        contact,
        useragent: userAgent,
        expires: Math.floor(expiresAt / 1000),
      })),
    )
  },
}

/** Where the line's calls go when its phones do not take them, as they would dial it; empty where they go nowhere. */
const getForward: ApiFunction = {
  permissions,
  run: (asked) =>
    ofPhone(asked, ({ number, forward = {} }) => ({
      phone: number,
      always: '',
      busy: forward.busy ?? '',
      noanswer: forward.noAnswer ?? '',
      unavailable: forward.unavailable ?? '',
    })),
}

/** "Do not disturb" is a thing of the phones themselves: the server refuses nobody for it. */
const getDnd: ApiFunction = { permissions, run: (asked) => ofPhone(asked, ({ number }) => ({ phone: number, dnd: 0 })) }

export const lookUps: Readonly<Record<string, ApiFunction>> = {
  'customers/get': getCustomer,
  'customers/list': listCustomers,
  'phones/list': listPhones,
  'phones/get': getPhone,
  'phones/registrations/list': listRegistrations,
  'phones/forward/get': getForward,
  'phones/dnd/get': getDnd,
}

const customerRow = ({ id, name, parent, country, balance, currency }: AccountReference, context: AccountContext) => ({
  customer: id,
  name,
  parent: (parent === undefined ? undefined : context.account(parent)?.id) ?? '',
  country: country ?? '',
  balance: balance ?? '',
  currency: currency ?? '',
})

type AccountContext = Pick<DialectContext, 'account'>

type IsRegistered = (account: string, number: string) => boolean

/** Which lines of the accounts have a phone now. */
function registeredIn(accounts: readonly string[], context: Pick<DialectContext, 'phones'>): IsRegistered {
  const registered = new Set(context.phones(accounts).map(({ account, line }) => `${account}/${line}`))
  return (account, number) => registered.has(`${account}/${number}`)
}

const phoneRow = (
  { account, number, fullNumber, name, callerId }: LineReference,
  isRegistered: IsRegistered,
  context: AccountContext,
): object => ({
  customer: context.account(account)?.id ?? 0,
  customer_name: account,
  number,
  full_number: fullNumber ?? '',
  name: name ?? '',
  callerid_external: callerId ?? '',
  registered: isRegistered(account, number) ? 1 : 0,
})

/** Who is bound to lines sees these only. */
const maySee = (caller: Caller, { account, number }: LineReference): boolean =>
  caller.lines === undefined || (account === caller.account && caller.lines.has(number))

const visibleLines = (accounts: readonly string[], caller: Caller, context: DialectContext): readonly LineReference[] =>
  context.lines(accounts).filter((line) => maySee(caller, line))

/** The line that `phone` names, by its short or full number; the user's own where nothing is named. */
function ofPhone(
  { reader, caller, context }: AskedRequest,
  render: (line: LineReference, context: DialectContext) => object,
): Answer {
  const account = readCustomer(reader, caller, context)
  const number = readPhone(reader) ?? caller.line
  if (number === undefined && reader.faults.length === 0) reader.fail('phone', 'is required')
  if (account === undefined || number === undefined || reader.faults.length > 0) return { responses: reader.faults }
  const line = context.line(account, number)
  if (line !== undefined && maySee(caller, line)) return found(render(line, context))
  reader.note({ code: '404', key: 'phone', message: 'There is no such telephone line' })
  return { responses: reader.faults }
}

/** Brands name it either way. */
const readPhone = (reader: ParameterReader): string | undefined => reader.text('phone') ?? reader.text('number')
