import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoggedCallEvent } from '../call/call-event.ts'
import { endCauses } from '../call/end-cause.ts'
import { trunkOutcomes } from '../demo/start-demo.ts'
import { type RunningServer, startServer } from '../main.ts'
import { CliError, exitCodes } from './api-client.ts'

export interface StartCommandOptions {
  readonly config: string
  readonly data?: string
  readonly demo?: boolean
}

/** Runs the server until it is told to stop. */
export async function start(options: StartCommandOptions): Promise<void> {
  const configFile = options.config
  if (options.demo === true && !existsSync(configFile)) writeDemoConfig(configFile)
  const server = await startServer({
    configFile,
    ...(options.data === undefined ? {} : { dataDirectory: options.data }),
    onFatal(error) {
      process.stderr.write(`${error.message}\n`)
      process.exit(exitCodes.refused)
    },
  })
  let stopping = false
  const stop = async () => {
    if (stopping) return process.exit(exitCodes.refused)
    stopping = true
    process.stdout.write('Stopping: calls that are up are hung up …\n')
    await server.stop()
    process.exit(exitCodes.ok)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  greet(server, configFile)
  server.callLog.followAll((event) => process.stdout.write(`${describeEvent(event)}\n`))
}

function writeDemoConfig(file: string): void {
  try {
    copyFileSync(join(fileURLToPath(new URL('../config', import.meta.url)), 'demo.yaml'), file)
    process.stdout.write(`Wrote the demo configuration to ${file}\n`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CliError(
      `${file} cannot be written (${code}); run from a folder that you may write to, or use --config.`,
      exitCodes.refused,
    )
  }
}

function greet({ url, sip, config }: RunningServer, configFile: string): void {
  const listeners = sip.map(({ protocol, host, port }) => `${protocol}:${host}:${port}`).join(', ')
  const lines = [`Cordboard is up: HTTP ${url}, SIP ${listeners} (configuration ${configFile}). Ctrl+C stops it.`]
  const key = config.accounts[0]?.apiKeys[0]?.key
  if (config.demo !== undefined && key !== undefined) {
    lines.push(
      '',
      'Place a first call between two demo phones, from another terminal:',
      '',
      `  curl -X POST ${url}/v1/calls -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
      `    -d '{"first": {"line": "101"}, "second": {"dial": "102"}}'`,
      '',
      'or to the simulated carrier: "dial": "0412345678" answers; a number that ends in',
      ...trunkOutcomes.map(({ suffix, outcome }) => `  ${suffix}  ${outcome}`),
      '',
      'Each call is shown here as it goes on:',
    )
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** One line for the terminal. Destinations were checked when they came in; they hold no control characters. */
export function describeEvent(event: LoggedCallEvent): string {
  const time = new Date(event.at).toISOString().slice(11, 23)
  const head = `${time} ${event.callId.slice(-8)}`
  switch (event.type) {
    case 'call.accepted':
      return `${head} accepted: ${event.destinations.first} → ${event.destinations.second}`
    case 'call.scheduled':
      return `${head} waits until ${new Date(event.dueAt).toISOString()}`
    case 'leg.dialled':
      return `${head} ${event.leg} leg: dialled`
    case 'leg.ringing':
      return `${head} ${event.leg} leg: ringing`
    case 'leg.answered':
      return `${head} ${event.leg} leg: answered`
    case 'call.bridged':
      return `${head} the two hear each other`
    case 'call.ending':
      return `${head} ending: ${event.cause}`
    case 'leg.ended':
      return `${head} ${event.leg} leg: ended, ${event.cause}`
    case 'call.ended':
      return `${head} ended: ${event.cause}. ${endCauses[event.cause].advice}`
  }
}
