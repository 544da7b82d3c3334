import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { LoggedCallEvent } from '../src/call/call-event.ts'
import { freePort, freeUdpPort } from '../test/support/free-port.ts'
import { cpuSeconds } from './cpu-seconds.ts'

export const key = 'bench-key-0001'
export const secret = 'bench-secret-101'

export interface ServerOptions {
  /** Where the second leg's carrier answers. */
  readonly trunkPort: number
  /** YAML of accounts beside the one that calls. */
  readonly moreAccounts?: string
  /** A folder that holds a database already; a fresh one, deleted afterwards, if absent. */
  readonly data?: string
  /** Called for each event of the log, as the server prints it. */
  readonly onEvent?: (event: LoggedCallEvent) => void
}

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const collector = fileURLToPath(new URL('./collect-garbage.ts', import.meta.url))

/** The real server, in a process of its own whose processor time and memory the kernel counts. */
export class BenchServer {
  readonly url: string
  readonly sipPort: number
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #options: ServerOptions
  #complaints = ''

  /** Resolves when it takes calls. */
  static async start(options: ServerOptions): Promise<BenchServer> {
    const server = new BenchServer(options, await freePort(), await freeUdpPort())
    await server.#isUp()
    return server
  }

  private constructor(options: ServerOptions, httpPort: number, sipPort: number) {
    this.url = `http://127.0.0.1:${httpPort}`
    this.sipPort = sipPort
    this.#options = options
    this.#directory = options.data ?? mkdtempSync(join(tmpdir(), 'cordboard-bench-'))
    const configFile = join(this.#directory, 'cordboard.yaml')
    writeFileSync(configFile, configText(httpPort, sipPort, options))
    const args = ['--import', collector, cli, 'start', '--json', '--config', configFile, '--data', this.#directory]
    const profiling = process.env['CORDBOARD_PROFILE']
    const flags = profiling === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profiling]
    this.#child = spawn(process.execPath, [...flags, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#complaints += chunk.toString()
    })
  }

  /** Of all its threads, user and system, in seconds. */
  cpuSeconds(): number {
    return cpuSeconds(this.#child.pid)
  }

  /** Octets of its resident set, after its main thread's garbage is collected. */
  async residentOctets(): Promise<number> {
    this.#child.kill('SIGUSR2')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      const killer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000)
      await exited
      clearTimeout(killer)
    }
    if (this.#options.data === undefined) rmSync(this.#directory, { recursive: true, force: true })
  }

  #isUp(): Promise<void> {
    const up = Promise.withResolvers<void>()
    this.#child.once('exit', () => up.reject(new Error(`the server did not start:\n${this.#complaints}`)))
    if (this.#child.stdout === null) throw new Error('the server has no standard output')
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (line.startsWith('{"url"')) up.resolve()
      else if (line.startsWith('{')) this.#options.onEvent?.(JSON.parse(line) as LoggedCallEvent)
    })
    return up.promise
  }
}

const configText = (httpPort: number, sipPort: number, { trunkPort, moreAccounts = '' }: ServerOptions): string => `
http: { port: ${httpPort} }
sip: { listen: ["udp:127.0.0.1:${sipPort}"], qualifySeconds: 0 }
store: sqlite:cordboard.db
limits: { requestsPerSecond: 1000000, burst: 1000000 }
accounts:
  - name: bench
    country: AU
    lines:
      - { number: "101", secret: ${secret} }
    apiKeys:
      - { name: load, key: ${key}, permissions: [calls:place, calls:read, calls:control] }
${moreAccounts}
trunks:
  - { name: carrier, address: "sip:127.0.0.1:${trunkPort}" }
`
