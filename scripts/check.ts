import { spawnSync } from 'node:child_process'

const steps = [
  ['Types', 'typescript/bin/tsc', ['--project', '.']],
  ['Style', '@biomejs/biome/bin/biome', ['ci', '--error-on-warnings', '.']],
] as const

for (const [name, program, args] of steps) {
  process.stdout.write(`${name} …\n`)
  const { status } = spawnSync(process.execPath, [`node_modules/${program}`, ...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
process.stdout.write('All checks passed.\n')
