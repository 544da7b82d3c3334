import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call } from '../call/call.ts'
import type { CallFilter, CallService } from '../call/call-service.ts'
import { listVisibleCalls } from './visible-calls.ts'

describe('a list of what may be seen', () => {
  const [own, others] = [{ id: 'own' } as Call, { id: 'others' } as Call]
  const listOf = (pages: readonly (readonly Call[])[], most?: number) => {
    const asked: (string | undefined)[] = []
    const calls: Pick<CallService, 'calls'> = {
      async calls(_accounts: readonly string[], { cursor }: CallFilter) {
        asked.push(cursor)
        const next = Number(cursor ?? 0) + 1
        return { calls: pages[next - 1] ?? [], ...(next < pages.length ? { cursor: String(next) } : {}) }
      },
    }
    const isVisible = (call: Call) => call === own
    const wanted = { accounts: ['acme'], filter: { limit: 2 }, isVisible, pages: most }
    return { asked, list: () => listVisibleCalls(wanted, calls) }
  }
  it('goes on to the first page that holds a call', async () => {
    const { list, asked } = listOf([[others, others], [others, own], [own]])
    assert.deepEqual(await list(), { calls: [own], cursor: '2', read: 4 })
    assert.deepEqual(asked, [undefined, '1'])
  })
  it('ends where there are no more', async () => {
    assert.deepEqual(await listOf([[others], [others]]).list(), { calls: [], read: 2 })
  })
  it('does not read all of a long history for one request', async () => {
    const { list, asked } = listOf(Array.from({ length: 100 }, () => [others]))
    assert.deepEqual(await list(), { calls: [], cursor: '20', read: 20 })
    assert.equal(asked.length, 20)
  })
  it('is one page for who counts what is read', async () => {
    const { list } = listOf([[others], [own]], 1)
    assert.deepEqual(await list(), { calls: [], cursor: '1', read: 1 })
  })
})
