import type { Call } from '../call/call.ts'
import type { CallFilter } from '../call/call-service.ts'

export interface CallQuery extends CallFilter {
  /** Calls of these accounts. */
  readonly accounts: readonly string[]
}

/** The newest calls first. A page may be short, or empty, and yet have a cursor: then there was more to look through than one query may. */
export interface CallPage {
  readonly calls: readonly Call[]
  /** Where the next page begins; absent on the last. */
  readonly cursor?: string
}

const longestPage = 1000

/** What a page of this query is read with: one call more than it shows tells whether there is another page. */
export const boundedQuery = (query: CallQuery): CallQuery => ({ ...query, limit: pageLength(query) + 1 })

/** The page, of what was read with the bounded query. */
export function pageOf<Row extends { readonly id: string }>(rows: readonly Row[], query: CallQuery) {
  const length = pageLength(query)
  const shown = rows.slice(0, length)
  const last = shown.at(-1)
  return { rows: shown, ...(rows.length <= length || last === undefined ? {} : { cursor: last.id }) }
}

const pageLength = ({ limit }: CallQuery): number => Math.min(Math.max(Math.trunc(limit) || 1, 1), longestPage)
