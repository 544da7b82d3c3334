import type { ApiSession, CallFilter } from '../../access/api-session.ts'
import type { Call } from '../../call/call.ts'
import { systemClock } from '../../clock.ts'
import { parseLocalTime } from '../local-time.ts'
import { hasLists, type SentParameters, text } from '../parameters.ts'
import { readFlag } from './read-flag.ts'

const names = [
  'startTime',
  'endTime',
  'outputFormat',
  'format',
  'limit',
  'connectedOnly',
  'waitForActiveCalls',
] as const
const formats = ['json', 'csv'] as const

export type ListFormat = (typeof formats)[number]

const mostCalls = 10_000
/** Up to here an answer is looked for. A page beyond it would hold up the calls of others; ours. */
export const mostRead = 20_000
const pageSize = 1000

/** How long an answer waits for calls that are up, and for how many of them. */
const waitMilliseconds = 30_000
const mostWaitedFor = 100

export interface WantedList {
  readonly from?: number
  readonly until?: number
  readonly format: ListFormat
  readonly limit: number
  readonly connectedOnly: boolean
  readonly waitForActiveCalls: boolean
}

/** The first fault, in the order of the contract. `timeZone` is that of the account. */
export function parseListRequest(
  parameters: SentParameters,
  timeZone: string,
): { readonly wanted: WantedList } | { readonly reason: string } {
  if (hasLists(parameters, names)) return { reason: 'A parameter must not be a list' }
  const times: { from?: number; until?: number } = {}
  for (const [name, key] of [
    ['startTime', 'from'],
    ['endTime', 'until'],
  ] as const) {
    const sent = text(parameters.get(name))
    const at = sent === undefined ? undefined : parseLocalTime(sent, timeZone)
    if (sent !== undefined && at === undefined) {
      return { reason: `${name} must be Unix seconds or YYYY-MM-DD hh:mm:ss` }
    }
    if (at !== undefined) times[key] = at
  }
  const sentFormat = text(parameters.get('outputFormat')) ?? text(parameters.get('format')) ?? 'json'
  const format = formats.find((known) => known === sentFormat.toLowerCase())
  if (format === undefined) return { reason: 'outputFormat must be json or csv' }
  const limit = text(parameters.get('limit')) ?? String(mostCalls)
  if (!/^[1-9][0-9]{0,4}$/.test(limit) || Number(limit) > mostCalls) {
    return { reason: `limit must be an integer from 1 to ${mostCalls}` }
  }
  const connectedOnly = readFlag(parameters.get('connectedOnly'))
  if (connectedOnly === undefined) return { reason: 'connectedOnly must be 0 or 1' }
  const waitForActiveCalls = readFlag(parameters.get('waitForActiveCalls'))
  if (waitForActiveCalls === undefined) return { reason: 'waitForActiveCalls must be 0 or 1' }
  return { wanted: { ...times, format, limit: Number(limit), connectedOnly, waitForActiveCalls } }
}

/**
 * Calls of the key's account that have ended, the newest first; undefined if too many had to be looked through, where few of them have
 * been connected or may be seen.
 */
export async function listCalls(
  wanted: WantedList,
  session: Pick<ApiSession, 'account' | 'calls' | 'wait'>,
  gone: AbortSignal,
): Promise<readonly Call[] | undefined> {
  const { from, until, limit, connectedOnly } = wanted
  const period = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }
  if (wanted.waitForActiveCalls) await waitForActive(period, session, gone)
  const found: Call[] = []
  let read = 0
  let cursor: string | undefined
  do {
    if (read >= mostRead) return undefined
    const filter: CallFilter = {
      ...period,
      state: 'ended',
      limit: pageSize,
      ...(cursor === undefined ? {} : { cursor }),
    }
    const page = await session.calls(filter, { accounts: [session.account], pages: 1 })
    read += page.read
    found.push(...page.calls.filter(({ bridgedAt }) => !connectedOnly || bridgedAt !== undefined))
    cursor = page.cursor
  } while (cursor !== undefined && found.length < limit && !gone.aborted)
  return found.slice(0, limit)
}

async function waitForActive(
  period: Pick<CallFilter, 'from' | 'until'>,
  session: Pick<ApiSession, 'account' | 'calls' | 'wait'>,
  gone: AbortSignal,
): Promise<void> {
  const filter: CallFilter = { ...period, state: 'live', limit: mostWaitedFor }
  const { calls } = await session.calls(filter, { accounts: [session.account] })
  const now = systemClock.now()
  await Promise.all(
    calls.map((call) => {
      const milliseconds = now - call.acceptedAt + waitMilliseconds
      return session.wait(call, { for: 'ended', milliseconds }, gone)
    }),
  )
}
