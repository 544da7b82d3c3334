import type { ApiSession, CallFilter } from '../../access/api-session.ts'
import type { Call } from '../../call/call.ts'
import type { ApiFunction, AskedRequest } from './api-function.ts'
import { activeRows, endedCallRow, endedLegRows } from './call-rows.ts'
import { cdrFilterNames, readCdrFilter } from './cdr-filters.ts'
import { readCustomers } from './customers.ts'
import type { ParameterReader } from './parameter-reader.ts'
import { found, refuse } from './render-answer.ts'

/** More than this in one answer would hold up the calls of others; ours. */
const mostCalls = 5000
const pageSize = 1000
const latestTime = 4_294_967_295

/** What every function takes, and a browser's script adds to a URL so that no cache answers it. */
const always = ['auth_username', 'auth_password', '_']

/** Filters of the vendor that this server lacks, which clients send along at these values: they filter nothing. */
const idle: Readonly<Record<string, readonly string[]>> = {
  names: ['0'],
  count: ['0'],
  peer: ['0'],
  invoice: ['0', '-1'],
}

const activeNames = [...always, ...['customer', 'callid', 'descending', 'sort', 'recurse', 'recursive']]
const cdrNames = [...activeNames, ...cdrFilterNames, ...['start', 'end', 'detail', 'offset', 'limit']]

/** `calls/active/list`: a row for each leg that is up. */
export const listActiveCalls: ApiFunction = {
  permissions: ['calls:read'],
  async run(asked) {
    const { reader, session, context } = asked
    const rowContext = { session, node: context.node }
    const descending = reader.flag('descending') ?? false
    refuseUnknown(reader, activeNames)
    const calls = await findCalls(asked, { state: 'live' })
    if (reader.faults.length > 0) return { responses: reader.faults }
    if (calls === undefined)
      return refuse('400', `There are more than ${mostCalls} calls; ask for one customer`, 'customer')
    const rows = calls.flatMap((call) => activeRows(call, rowContext))
    return found(descending ? rows.reverse() : rows)
  },
}

/** `cdrs/list`: calls that have ended, the oldest first, a row for each of their legs or for each call. */
export const listCdrs: ApiFunction = {
  permissions: ['calls:read'],
  async run(asked) {
    const { reader, session, context } = asked
    const rowContext = { session, node: context.node }
    const start = reader.integer('start', latestTime) ?? 0
    const end = reader.integer('end', latestTime) ?? latestTime
    const detail = reader.choice('detail', ['call', 'leg']) ?? 'leg'
    const descending = reader.flag('descending') ?? false
    const offset = reader.integer('offset', latestTime) ?? 0
    const limit = reader.integer('limit', latestTime) ?? 0
    const last = limit === 0 ? Number.POSITIVE_INFINITY : offset + limit
    const passes = readCdrFilter(reader, session)
    refuseUnknown(reader, cdrNames)
    const rowsOf = (calls: readonly Call[]) =>
      calls.flatMap((call) =>
        (detail === 'call' ? [endedCallRow(call, rowContext)] : endedLegRows(call, rowContext)).filter((row) =>
          passes(row, call),
        ),
      )
    // The second in which the period ends is a part of it.
    const period: Period = { state: 'ended', from: start * 1000, until: (end + 1) * 1000 }
    const calls = await findCalls(asked, period, (newest) => descending && rowsOf(newest).length >= last)
    if (reader.faults.length > 0) return { responses: reader.faults }
    if (calls === undefined)
      return refuse('400', `There are more than ${mostCalls} calls between start and end`, 'start')
    const rows = rowsOf(calls)
    return found((descending ? rows.reverse() : rows).slice(offset, last))
  },
}

type Period = Omit<CallFilter, 'limit' | 'cursor'>

/**
 * The calls of the customers that the request names, or the one call that it names; undefined if there are too many. Of many, the
 * newest that are enough will do.
 */
async function findCalls(
  { reader, session }: AskedRequest,
  period: Period,
  isEnough: (newest: readonly Call[]) => boolean = () => false,
): Promise<readonly Call[] | undefined> {
  const accounts = readCustomers(reader, session)
  reader.choice('sort', ['start'])
  const callId = reader.text('callid')
  if (accounts === undefined || reader.faults.length > 0) return []
  if (callId === undefined) return readPages(session, accounts, { period, isEnough })
  const call = await session.call(callId)
  return call !== undefined && accounts.includes(call.account) && isWithin(call, period) ? [call] : []
}

/** To ignore a filter would be to show calls that were not asked for, to whoever trusts it: everybody's, perhaps. */
function refuseUnknown(reader: ParameterReader, known: readonly string[]): void {
  for (const name of reader.names) {
    if (known.includes(name)) continue
    const sent = reader.text(name)
    if (sent === undefined || idle[name]?.includes(sent) === true) continue
    reader.fail(shown(name), 'is not known here; leave it out')
  }
}

/** A name is whatever octets came. */
const shown = (name: string): string => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 64)

const isWithin = (call: Call, { state, from = 0, until = Number.POSITIVE_INFINITY }: Period): boolean =>
  (call.state === 'ended') === (state === 'ended') && call.acceptedAt >= from && call.acceptedAt < until

/** Oldest first, those that the user may see. What may not be seen is read too, and counts. */
async function readPages(
  session: Pick<ApiSession, 'calls'>,
  accounts: readonly string[],
  { period, isEnough }: { readonly period: Period; readonly isEnough: (newest: readonly Call[]) => boolean },
): Promise<readonly Call[] | undefined> {
  const calls: Call[] = []
  let read = 0
  let cursor: string | undefined
  do {
    const filter = { ...period, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }
    const page = await session.calls(filter, { accounts, pages: 1 })
    read += page.read
    calls.push(...page.calls)
    cursor = isEnough(calls) ? undefined : page.cursor
    if (read > mostCalls) return undefined
  } while (cursor !== undefined)
  return calls.reverse()
}
