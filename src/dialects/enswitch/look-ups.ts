import type { ApiSession } from '../../access/api-session.ts'
import type { AccountReference, LineReference } from '../../access/references.ts'
import type { ApiFunction, AskedRequest } from './api-function.ts'
import { readCustomer, readCustomers } from './customers.ts'
import type { ParameterReader } from './parameter-reader.ts'
import { type Answer, found } from './render-answer.ts'

/** CRMs look these up at sign-in and on a customer's card: whoever may see calls may see whose they are. */
const permissions = ['calls:read', 'directory:read'] as const

/** `user/login`: whose user this is. */
const logIn: ApiFunction = {
  run: ({ session }) =>
    found({
      customer: session.findAccount()?.id ?? 0,
      customer_name: session.account,
      username: session.name,
      phone: session.ownLine ?? '',
    }),
}

const getCustomer: ApiFunction = {
  permissions,
  run({ reader, session }) {
    const name = readCustomer(reader, session)
    const account = name === undefined ? undefined : session.findAccount(name)
    return account === undefined ? { responses: reader.faults } : found(customerRow(account))
  },
}

/** The user's own customer and those directly below, or as `customer` and `recurse` say. */
const listCustomers: ApiFunction = {
  permissions,
  run({ reader, session }) {
    const isNamed = reader.text('customer') !== undefined || reader.flag('recurse') === true
    const names = readCustomers(reader, session, isNamed ? undefined : 'all')
    if (names === undefined || reader.faults.length > 0) return { responses: reader.faults }
    return found(names.flatMap((name) => session.findAccount(name) ?? []).map(customerRow))
  },
}

const listPhones: ApiFunction = {
  permissions,
  run({ reader, session }) {
    const names = readCustomers(reader, session)
    if (names === undefined || reader.faults.length > 0) return { responses: reader.faults }
    // Looked up for all at once: an account may have ten thousand lines.
    const isRegistered = registeredIn(names, session)
    return found(session.lines(names).map((line) => phoneRow(line, isRegistered, session)))
  },
}

const getPhone: ApiFunction = {
  permissions,
  run: (asked) => ofPhone(asked, (line, session) => phoneRow(line, registeredIn([line.account], session), session)),
}

const listRegistrations: ApiFunction = {
  permissions,
  run({ reader, session }) {
    const names = readCustomers(reader, session)
    const wanted = reader.text('phone')
    if (names === undefined || reader.faults.length > 0) return { responses: reader.faults }
    const phones = session
      .phones(names)
      .filter(({ account, line }) => wanted === undefined || session.findLine(account, wanted)?.number === line)
    return found(
      phones.map(({ account, line, contact, userAgent = '', expiresAt }) => ({
        customer: session.findAccount(account)?.id ?? 0,
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
  'user/login': logIn,
  'customers/get': getCustomer,
  'customers/list': listCustomers,
  'phones/list': listPhones,
  'phones/get': getPhone,
  'phones/registrations/list': listRegistrations,
  'phones/forward/get': getForward,
  'phones/dnd/get': getDnd,
}

const customerRow = ({ id, name, parent, country, balance, currency }: AccountReference) => ({
  customer: id,
  name,
  parent: parent?.id ?? '',
  country: country ?? '',
  balance: balance ?? '',
  currency: currency ?? '',
})

type IsRegistered = (account: string, number: string) => boolean

/** Which lines of the accounts have a phone now. */
function registeredIn(accounts: readonly string[], session: Pick<ApiSession, 'phones'>): IsRegistered {
  const registered = new Set(session.phones(accounts).map(({ account, line }) => `${account}/${line}`))
  return (account, number) => registered.has(`${account}/${number}`)
}

const phoneRow = (
  { account, number, fullNumber, name, callerId }: LineReference,
  isRegistered: IsRegistered,
  session: Pick<ApiSession, 'findAccount'>,
): object => ({
  customer: session.findAccount(account)?.id ?? 0,
  customer_name: account,
  number,
  full_number: fullNumber ?? '',
  name: name ?? '',
  callerid_external: callerId ?? '',
  registered: isRegistered(account, number) ? 1 : 0,
})

/** The line that `phone` names, by its short or full number; the user's own where nothing is named. */
function ofPhone(
  { reader, session }: AskedRequest,
  render: (line: LineReference, session: ApiSession) => object,
): Answer {
  const account = readCustomer(reader, session)
  const number = readPhone(reader) ?? session.ownLine
  if (number === undefined && reader.faults.length === 0) reader.fail('phone', 'is required')
  if (account === undefined || number === undefined || reader.faults.length > 0) return { responses: reader.faults }
  const line = session.findLine(account, number)
  if (line !== undefined) return found(render(line, session))
  reader.note({ code: '404', key: 'phone', message: 'There is no such telephone line' })
  return { responses: reader.faults }
}

/** Brands name it either way. */
const readPhone = (reader: ParameterReader): string | undefined => reader.text('phone') ?? reader.text('number')
