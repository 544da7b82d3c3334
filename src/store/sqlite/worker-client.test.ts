import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreError } from '../store-error.ts'
import { WorkerClient } from './worker-client.ts'

/** A worker that opens and then does what the script says on its first message. */
const thread = (onMessage: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from 'node:worker_threads'
      parentPort.postMessage({ opened: true, migrated: [] })
      parentPort.on('message', (commands) => { ${onMessage} })`)}`,
  )

for (const [how, script, words] of [
  ['throws', "throw new Error('disk on fire')", /disk on fire/],
  ['ends', 'process.exit(3)', /its thread ended/],
] as const) {
  test(`a worker that ${how}: whatever waits, and whatever comes, is rejected, and it is told once`, async () => {
    const told: StoreError[] = []
    const client = await WorkerClient.open({ path: 'unused', node: 1 }, (error) => told.push(error), thread(script))
    const waiting = await Promise.allSettled([client.request(['unfinished']), client.request(['unfinished'])])
    for (const result of waiting) {
      assert.ok(result.status === 'rejected')
      assert.equal(result.reason.code, 'broken')
      assert.match(result.reason.message, words)
    }
    await assert.rejects(client.request(['unfinished']), { code: 'broken' })
    assert.equal(told.length, 1)
    await client.close()
  })
}

test('a thread that cannot even start is an error of opening', async () => {
  const broken = new URL(`data:text/javascript,${encodeURIComponent("throw new Error('no such module')")}`)
  await assert.rejects(WorkerClient.open({ path: 'unused', node: 1 }, assert.fail, broken), /no such module/)
})

test('one turn of the event loop is one message; answers find their questions', async () => {
  const echo =
    'parentPort.postMessage({ values: commands === null ? [] : commands.map(([, id]) => commands.length + id) }); if (commands === null) parentPort.close()'
  const client = await WorkerClient.open({ path: 'unused', node: 1 }, assert.fail, thread(echo))
  const ask = (id: string) => client.request(['call', id])
  assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(ask)), ['3a', '3b', '3c'])
  assert.equal(await ask('d'), '1d')
  await client.close()
  await assert.rejects(ask('e'), { code: 'closed' })
})
