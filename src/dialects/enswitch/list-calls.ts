import type { Call } from '../../call/call.ts'
import type { CallFilter, CallService } from '../../call/call-service.ts'
import type { ApiFunction, AskedRequest } from './api-function.ts'
import { activeRows, endedCallRow, endedLegRows } from './call-rows.ts'
import { readCustomers } from './customers.ts'
import type { ParameterReader } from './parameter-reader.ts'
import { found, refuse } from './render-answer.ts'

/** More than this in one answer would hold up the calls of others; ours. */
const mostCalls = 5000
const pageSize = 1000
const latestTime = 4_294_967_295

/** Filters of the vendor that this server lacks: to ignore one would be to answer with calls that were not asked for. */
const missingFilters = [
  ...['direction', 'names', 'sort', 'count', 'recursive', 'recurse', 'callername_number', 'phone', 'stype', 'snumber'],
  ...['ctype', 'cnumber', 'dtype', 'dnumber', 'status', 'peer', 'invoice', 'talktime_minimum', 'talktime_maximum'],
  ...['recorded'],
] as const

/** What the vendor takes for "do not filter". */
const noFilter: readonly (string | undefined)[] = [undefined, '0', '-1', 'start']

/** `calls/active/list`: a row for each leg that is up. */
export const listActiveCalls: ApiFunction = {
  permission: 'calls:read',
  async run(asked) {
    const { reader, context } = asked
    const descending = reader.flag('descending') ?? false
    const calls = await findCalls(asked, { state: 'live' })
    if (reader.faults.length > 0) return { responses: reader.faults }
    if (calls === undefined)
      return refuse('400', `There are more than ${mostCalls} calls; ask for one customer`, 'customer')
    const rows = calls.flatMap((call) => activeRows(call, context))
    return found(descending ? rows.reverse() : rows)
  },
}

/** `cdrs/list`: calls that have ended, the oldest first, a row for each of their legs or for each call. */
export const listCdrs: ApiFunction = {
  permission: 'calls:read',
  async run(asked) {
    const { reader, context } = asked
    const start = reader.integer('start', latestTime) ?? 0
    const end = reader.integer('end', latestTime) ?? latestTime
    const detail = reader.choice('detail', ['call', 'leg']) ?? 'leg'
    const descending = reader.flag('descending') ?? false
    const offset = reader.integer('offset', latestTime) ?? 0
    const limit = reader.integer('limit', latestTime) ?? 0
    const last = limit === 0 ? Number.POSITIVE_INFINITY : offset + limit
    const rowsOf = (calls: readonly Call[]) =>
      calls.flatMap((call) => (detail === 'call' ? endedCallRow(call, context) : endedLegRows(call, context)))
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
  { reader, caller, context }: AskedRequest,
  period: Period,
  isEnough: (newest: readonly Call[]) => boolean = () => false,
): Promise<readonly Call[] | undefined> {
  refuseMissingFilters(reader)
  const accounts = readCustomers(reader, caller, context)
  const callId = reader.text('callid')
  if (accounts === undefined || reader.faults.length > 0) return []
  if (callId === undefined) return readPages(context.calls, accounts, period, isEnough)
  const call = await context.calls.call(accounts, callId)
  return call !== undefined && isWithin(call, period) ? [call] : []
}

function refuseMissingFilters(reader: ParameterReader): void {
  for (const name of missingFilters) {
    if (!noFilter.includes(reader.text(name))) reader.fail(name, 'is not supported by this server yet; leave it out')
  }
}

const isWithin = (call: Call, { state, from = 0, until = Number.POSITIVE_INFINITY }: Period): boolean =>
  (call.state === 'ended') === (state === 'ended') && call.acceptedAt >= from && call.acceptedAt < until

/** Oldest first. */
async function readPages(
  service: CallService,
  accounts: readonly string[],
  period: Period,
  isEnough: (newest: readonly Call[]) => boolean,
): Promise<readonly Call[] | undefined> {
  const calls: Call[] = []
  let cursor: string | undefined
  do {
    const page = await service.calls(accounts, {
      ...period,
      limit: pageSize,
      ...(cursor === undefined ? {} : { cursor }),
    })
    calls.push(...page.calls)
    cursor = isEnough(calls) ? undefined : page.cursor
    if (calls.length > mostCalls) return undefined
  } while (cursor !== undefined)
  return calls.reverse()
}
