import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm test` prints of a file whose property fails, and whose sample is printed. */
const runTests = (t: TestContext, seed?: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'cordboard-seed-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'random.test.mjs')
  writeFileSync(
    file,
    `import { test } from 'node:test'
     import fc from ${JSON.stringify(import.meta.resolve('fast-check'))}
     test('property', () => {
       console.log('sampled', fc.sample(fc.nat(), 3).join(' '))
       fc.assert(fc.property(fc.nat(), () => false), { endOnFailure: true })
     })`,
  )
  const { CORDBOARD_SEED: _seed, NODE_TEST_CONTEXT: _context, ...env } = process.env
  const { stdout, stderr, status } = spawnSync(process.execPath, ['scripts/test.ts', file], {
    cwd: root,
    encoding: 'utf8',
    env: { ...env, ...(seed === undefined ? {} : { CORDBOARD_SEED: seed }) },
    timeout: 60_000,
  })
  assert.equal(status, 1, stderr)
  return stdout + stderr
}

const foundIn = (output: string, pattern: RegExp): string => pattern.exec(output)?.[1] ?? assert.fail(output)

test('a run prints its seed, and the seed repeats it', (t) => {
  const first = runTests(t)
  const seed = foundIn(first, /CORDBOARD_SEED=(\d+) npm test/)
  const again = runTests(t, seed)
  for (const pattern of [/sampled (.*)/, /Counterexample: (.*)/, /seed: (-?\d+)/]) {
    assert.equal(foundIn(again, pattern), foundIn(first, pattern))
  }
  assert.equal(foundIn(first, /seed: (-?\d+)/), seed, 'what fast-check prints is the same seed')
  assert.notEqual(foundIn(runTests(t), /CORDBOARD_SEED=(\d+) npm test/), seed)
})
