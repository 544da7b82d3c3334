import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import type { LoggedCallEvent } from '../../call/call-event.ts'
import { describeEnd } from '../../call/describe-end.ts'
import { renderEventDestinations } from '../../call/render-event-destinations.ts'
import { describeFileError } from '../../config/describe-file-error.ts'
import type { RunningServer } from '../../main.ts'
import { describeFirstCall } from '../describe-first-call.ts'
import { withExamples } from '../examples.ts'
import { CliError, exitCodes } from '../exit-code.ts'
import { describeEvent } from '../render-event.ts'
import type { Terminal } from '../terminal.ts'

interface StartOptions {
  readonly config: string
  readonly data?: string
  readonly demo?: boolean
  readonly json?: boolean
}

/** Ctrl+C reaches the process by the terminal and again by npm: within this time they are one. */
const oneSignalMilliseconds = 1000

export const startCommand = (terminal: Terminal, exit: (code: number) => void): Command =>
  withExamples(
    new Command('start'),
    'cordboard start --demo',
    'cordboard start --config /etc/cordboard.yaml --data /var/lib/cordboard',
  )
    .description('run the server until it is told to stop')
    .option('--config <file>', 'configuration file', 'cordboard.yaml')
    .option('--data <folder>', 'where relative paths of the configuration are (default: the current folder)')
    .option('--demo', 'write the demo configuration if there is no such file yet')
    .option('--json', "print JSON lines: the server's addresses, then the events of its calls")
    .action(async (options: StartOptions) => exit(await start(options, terminal)))

async function start({ config: configFile, data, demo, json }: StartOptions, terminal: Terminal): Promise<number> {
  if (demo === true) writeDemoConfig(configFile, terminal)
  else if (!existsSync(configFile)) {
    throw new CliError(
      `There is no ${configFile}. "cordboard start --demo" writes one to begin with; if you have one elsewhere, name it with --config.`,
    )
  }
  const ended = Promise.withResolvers<number>()
  // What a call leaves behind dies young: waking helper threads for it costs an eighth of all processor time, and spares nothing.
  setFlagsFromString('--no-parallel-scavenge')
  // The server is large; the other commands start without it.
  const { startServer } = await import('../../main.ts')
  const starting = startServer({
    configFile,
    ...(data === undefined ? {} : { dataDirectory: data }),
    onFatal: (error) => ended.reject(error),
  })
  // What ends the server may do so while it starts: that is the reason, whatever else fails by it.
  const server = await Promise.race([starting, ended.promise as Promise<never>])
  const print = printByTurns(terminal)
  server.callLog.followAll((event) => {
    print(json === true ? JSON.stringify(withoutRecovery(event)) : describeLogged(event))
  })
  if (json === true) terminal.print(JSON.stringify({ url: server.url, sip: server.sip }))
  else await greet(server, configFile, terminal)
  stopOnSignal(server, terminal, ended)
  return ended.promise
}

/** One write for all that a turn of the event loop brings: each is a system call, and the calls wait for it. */
function printByTurns(terminal: Terminal): (line: string) => void {
  let lines: string[] = []
  return (line) => {
    if (lines.push(line) > 1) return
    setImmediate(() => {
      terminal.print(lines.join('\n'))
      lines = []
    })
  }
}

function stopOnSignal(server: RunningServer, terminal: Terminal, ended: PromiseWithResolvers<number>): void {
  let firstAt: number | undefined
  const stop = () => {
    if (firstAt !== undefined) {
      if (performance.now() - firstAt > oneSignalMilliseconds) ended.resolve(exitCodes.refused)
      return
    }
    firstAt = performance.now()
    terminal.complain('Stopping: calls that are up are hung up. Once more stops at once.')
    server.stop().then(() => ended.resolve(exitCodes.ok), ended.reject)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // It may have been asked to stop while it was starting.
  if (terminal.interrupted.aborted) stop()
}

function writeDemoConfig(file: string, terminal: Terminal): void {
  try {
    const demo = readFileSync(new URL('../../config/demo.yaml', import.meta.url))
    // Real secrets will stand in it one day: nobody else on the machine is to read them.
    writeFileSync(file, demo, { flag: 'wx', mode: 0o600 })
    terminal.complain(`Wrote the demo configuration to ${file}.`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw new CliError(`${file} cannot be written: ${describeFileError(error)}. --config names another file.`)
  }
}

async function greet(
  { url, tlsPort, sip, config }: RunningServer,
  configFile: string,
  terminal: Terminal,
): Promise<void> {
  const listeners = sip.map(({ protocol, host, port }) => `${protocol}:${host}:${port}`).join(', ')
  const https = tlsPort === undefined ? '' : `, HTTPS port ${tlsPort}`
  terminal.print(
    `Cordboard is up: HTTP ${url}${https}, SIP ${listeners}, configuration ${configFile}. Ctrl+C stops it.`,
  )
  const { trunkOutcomes } = await import('../../demo/start-demo.ts')
  const lines = ['', ...describeFirstCall(config, url, trunkOutcomes), 'Calls are shown here as they happen:']
  for (const line of lines) terminal.print(line)
}

/** One line of the running server's own screen: time of day, which call, what happened. */
function describeLogged(event: LoggedCallEvent): string {
  const at = new Date(event.at).toISOString()
  const text = describeEvent({
    type: event.type,
    ...('leg' in event ? { leg: event.leg } : {}),
    ...('cause' in event ? { cause: event.cause, advice: describeEnd(event.cause, event.sipStatus).advice } : {}),
    ...('endedBy' in event && event.endedBy !== undefined ? { endedBy: event.endedBy } : {}),
    ...('trunk' in event && event.trunk !== undefined ? { trunk: event.trunk } : {}),
    ...('attempt' in event && event.attempt !== undefined ? { attempt: event.attempt } : {}),
    ...('dueAt' in event ? { dueAt: new Date(event.dueAt).toISOString() } : {}),
    ...renderEventDestinations(event),
  })
  return `${at.slice(11, 23)}  ${event.callId}  ${text}`
}

/** What only the driver understands, and may hold credentials, stays inside. */
const withoutRecovery = (event: LoggedCallEvent): object => ({
  ...Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'recovery' && name !== 'request')),
  ...renderEventDestinations(event),
})
