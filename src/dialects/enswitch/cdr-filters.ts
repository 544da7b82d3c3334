import type { ApiSession } from '../../access/api-session.ts'
import type { Call } from '../../call/call.ts'
import { foldCharacters } from '../../call/read-dialled.ts'
import type { CdrRow } from './call-rows.ts'
import type { ParameterReader } from './parameter-reader.ts'

/** Whether a row is one that the client asked for. */
export type CdrFilter = (row: CdrRow, call: Call) => boolean

type Numbers = Pick<ApiSession, 'plainNumber'>

/** Which fields of a row a filter by a number looks at. */
const numberFilters = {
  snumber: ['snumber', 'snumber_display'],
  cnumber: ['cnumber', 'cnumber_display'],
  dnumber: ['dnumber'],
  caller_number: ['snumber', 'snumber_display'],
  called_number: ['cnumber', 'cnumber_display', 'dnumber'],
  phone: ['snumber', 'snumber_display', 'cnumber', 'cnumber_display', 'dnumber'],
} as const satisfies Readonly<Record<string, readonly (keyof CdrRow)[]>>

const directions = ['in', 'out', 'internal'] as const
const statuses = ['answer', 'cancel', 'other'] as const
const types = ['phone', 'queue', 'external'] as const
const longestTalk = 4_294_967_295

/** The names of the filters here, of what else the function takes, and of what clients send along and means nothing. */
export const cdrFilterNames: readonly string[] = [
  ...Object.keys(numberFilters),
  ...['direction', 'status', 'stype', 'ctype', 'dtype', 'recorded', 'talktime_minimum', 'talktime_maximum'],
]

/** The filters of `cdrs/list`; a row has to pass each. */
export function readCdrFilter(reader: ParameterReader, session: Numbers): CdrFilter {
  const filters: CdrFilter[] = []
  // Thousands of rows name a few lines and customers, and to read a telephone number takes its time.
  const read = new Map<string, string>()
  const sameNumberOf = (text: string, account: string): string => {
    const key = `${account} ${text}`
    const known = read.get(key) ?? sameNumber(text, account, session)
    read.set(key, known)
    return known
  }
  const matches = <Key extends 'direction' | 'status' | 'stype' | 'ctype' | 'dtype'>(
    key: Key,
    values: readonly CdrRow[Key][],
  ) => {
    const wanted = reader.choice(key, values)
    if (wanted !== undefined) filters.push((row) => row[key] === wanted)
  }
  matches('direction', directions)
  matches('status', statuses)
  for (const key of ['stype', 'ctype', 'dtype'] as const) matches(key, types)
  for (const [name, fields] of Object.entries(numberFilters)) {
    const wanted = reader.text(name)
    if (wanted === undefined) continue
    filters.push((row, { account }) => {
      const number = sameNumberOf(wanted, account)
      return fields.some((field) => sameNumberOf(row[field], account) === number)
    })
  }
  const least = reader.integer('talktime_minimum', longestTalk, -1)
  const most = reader.integer('talktime_maximum', longestTalk, -1)
  if (least !== undefined && least >= 0) filters.push(({ talktime }) => talktime >= least)
  if (most !== undefined && most >= 0) filters.push(({ talktime }) => talktime <= most)
  // No call is recorded yet.
  if (reader.choice('recorded', ['yes', 'no']) === 'yes') filters.push(() => false)
  return (row, call) => filters.every((passes) => passes(row, call))
}

/** One text for all writings of a number: of a line its extension, of a telephone number its E.164 form. */
function sameNumber(text: string, account: string, session: Numbers): string {
  const plain = foldCharacters(text).replace(/[ ().\-/]/g, '')
  return session.plainNumber(account, plain) ?? plain
}
