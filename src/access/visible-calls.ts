import type { Call } from '../call/call.ts'
import type { CallFilter, CallService } from '../call/call-service.ts'

/** How many pages are looked through for one that holds a call: whoever is bound to a quiet line goes on by the cursor. */
const mostPages = 20

/** A page of calls that the caller may see. It may hold fewer than there would be room for; there are more while it has a cursor. */
export interface VisiblePage {
  readonly calls: readonly Call[]
  readonly cursor?: string
  /** How many calls were read for it, those that may not be seen among them. */
  readonly read: number
}

export interface WantedPage {
  readonly accounts: readonly string[]
  readonly filter: CallFilter
  readonly isVisible: (call: Call) => boolean
  /** How many pages may be looked through. */
  readonly pages?: number | undefined
}

/** The first page from the filter's cursor on that holds a call. */
export async function listVisibleCalls(
  { accounts, filter, isVisible, pages = mostPages }: WantedPage,
  calls: Pick<CallService, 'calls'>,
): Promise<VisiblePage> {
  let read = 0
  let { cursor } = filter
  for (let looked = 1; ; looked++) {
    const page = await calls.calls(accounts, cursor === undefined ? filter : { ...filter, cursor })
    read += page.calls.length
    const visible = page.calls.filter(isVisible)
    if (visible.length > 0 || page.cursor === undefined || looked >= pages) return { ...page, calls: visible, read }
    cursor = page.cursor
  }
}
