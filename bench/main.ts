import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { benchParser } from './parser.ts'
import { benchRelay } from './relay.ts'

/** Each row of the bench, by the name that `--only` takes. */
const rows: Readonly<Record<string, () => Promise<object>>> = {
  parser: async () => benchParser(),
  relay: async () => benchRelay(),
}

const args = process.argv.slice(2)
const only = args[args.indexOf('--only') + 1]?.split(',')
const wanted = args.includes('--only') && only !== undefined ? only : Object.keys(rows)
const unknown = wanted.filter((name) => rows[name] === undefined)
if (args.includes('--help') || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`There is no row ${unknown.join(', ')}.\n`)
  process.stdout.write(`npm run bench -- [--json] [--only ${Object.keys(rows).join(',')}]\n`)
  process.exit(unknown.length > 0 ? 1 : 0)
}

const [processor] = cpus()
const machine = `${cpus().length} × ${processor?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`
const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
const report: Record<string, unknown> = { machine, commit }
for (const name of wanted) {
  process.stderr.write(`${name} …\n`)
  report[name] = await rows[name]?.()
}

if (args.includes('--json')) process.stdout.write(`${JSON.stringify(report)}\n`)
else {
  process.stdout.write(`${machine}, commit ${commit}\n`)
  for (const name of wanted) {
    for (const [figure, value] of Object.entries(report[name] as object)) {
      process.stdout.write(
        `${name.padEnd(8)} ${figure.padEnd(32)} ${typeof value === 'number' ? Math.round(value * 100) / 100 : JSON.stringify(value)}\n`,
      )
    }
  }
}
