import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

// Every test file by name, so that the runner's own search cannot pass over one.
const wanted = process.argv.slice(2)
const files = wanted.length > 0 ? wanted : globSync(['src/**/*.test.ts', 'test/**/*.test.ts']).sort()
const result = spawnSync(
  process.execPath,
  ['--test', '--test-reporter=spec', '--test-concurrency=2', '--test-timeout=300000', ...files],
  { stdio: 'inherit' },
)
process.exitCode = result.status ?? 1
