import { spawnSync } from 'node:child_process'

// What TypeScript and Biome cannot know, they leave to tests: who may import whom, and that the docs are complete.
const steps: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['Types', ['node_modules/typescript/bin/tsc', '--project', '.']],
  ['Style', ['node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '.']],
  ['Imports and documents', ['--test', '--test-reporter=dot', 'test/import-rules.test.ts', 'test/documents.test.ts']],
]

for (const [name, args] of steps) {
  process.stdout.write(`${name} …\n`)
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
process.stdout.write('All checks passed.\n')
