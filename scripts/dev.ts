import { type ChildProcess, spawn } from 'node:child_process'
import { statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

// Not `node --watch`: it makes worker threads post messages of its own, which the relay would have to tell from its workers'.
const settleMilliseconds = 200

const startedAt = Date.now()
let server: ChildProcess | undefined
let wanted = 0
let ending = false

const isRunning = (child: ChildProcess | undefined): boolean => child?.exitCode === null && child.signalCode === null

/** Stops the server that runs, waits until the sources have been quiet for a moment, and starts a new one. */
async function restart(): Promise<void> {
  const mine = ++wanted
  await pause(settleMilliseconds)
  if (mine !== wanted || ending) return
  const exited = isRunning(server) ? new Promise((resolve) => server?.once('exit', resolve)) : undefined
  server?.kill('SIGTERM')
  await exited
  if (mine !== wanted || ending) return
  server = spawn(process.execPath, ['src/cli/main.ts', 'start', '--demo', ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  server.once('exit', (code) => {
    if (ending) process.exit(code ?? 1)
    if (code !== 0 && code !== null) process.stderr.write('Waiting for a source to change …\n')
  })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    ending = true
    if (isRunning(server)) server?.kill(signal)
    else process.exit()
  })
}
const seen = new Map<string, string>()

/** Some file systems tell of reads too: a server that ends at once would be started for ever by its own start. */
function hasChanged(file: string): boolean {
  const { mtimeMs = 0, size = -1 } = statSync(join('src', file), { throwIfNoEntry: false }) ?? {}
  const state = `${mtimeMs} ${size}`
  const before = seen.get(file)
  seen.set(file, state)
  const wasOnlyRead = before === undefined && mtimeMs > 0 && mtimeMs < startedAt
  return before !== state && !wasOnlyRead
}

watch('src', { recursive: true }, (_event, file) => {
  if (file !== null && !file.endsWith('.test.ts') && hasChanged(file)) void restart()
})
void restart()
