import { type ChildProcess, spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

// Not `node --watch`: it makes worker threads post messages of its own, which the relay would have to tell from its workers'.
const settleMilliseconds = 200

let server: ChildProcess | undefined
let wanted = 0
let ending = false

/** Stops the server that runs, waits until the sources have been quiet for a moment, and starts a new one. */
async function restart(): Promise<void> {
  const mine = ++wanted
  await pause(settleMilliseconds)
  if (mine !== wanted || ending) return
  const exited = server?.exitCode === null ? new Promise((resolve) => server?.once('exit', resolve)) : undefined
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
    if (server?.exitCode === null) server.kill(signal)
    else process.exit()
  })
}
watch('src', { recursive: true }, (_event, file) => {
  if (file?.endsWith('.test.ts') === false) void restart()
})
void restart()
