import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, freeUdpPort } from '../support/free-port.ts'

export interface SippOptions {
  /** A file's path, or the scenario itself (it begins with `<`). */
  readonly scenario: string
  /** `host:port` that it calls or registers to; a scenario that only answers needs none. */
  readonly target?: string
  readonly transport?: 'udp' | 'tcp'
  /** Where it listens; a free port of loopback if absent. */
  readonly port?: number
  /** It ends by itself after so many calls; else it goes on until it is stopped. */
  readonly calls?: number
  /** What `[name]` stands for in the scenario. */
  readonly keys?: Readonly<Record<string, string>>
  /** More of SIPp's own options, such as `['-r', '50', '-aa']`. */
  readonly args?: readonly string[]
  /** Keeps every message for the error of a failed run; true unless told otherwise, as a load is measured without. */
  readonly trace?: boolean
}

export interface SippResult {
  /** 0: every call went as the scenario says; 1: some did not; 99: there was none. Null where it had to be killed. */
  readonly exitCode: number | null
  readonly successful: number
  readonly failed: number
  /** Calls that were going on when it ended. */
  readonly unfinished: number
  readonly retransmissions: number
  /** What it complained of. */
  readonly errors: string
  /** Every column of SIPp's last statistics line, by the name that SIPp gives it (`OutOfCallMsgs(C)`). */
  readonly columns: ReadonlyMap<string, string>
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** A SIPp process with a scenario of its own. */
export class Sipp {
  readonly port: number
  readonly #options: SippOptions
  readonly #child: ChildProcess
  readonly #directory: string
  #output = ''

  /** Resolves when it listens. */
  static async start(options: SippOptions): Promise<Sipp> {
    const port = options.port ?? (await (options.transport === 'tcp' ? freePort() : freeUdpPort()))
    const sipp = new Sipp(options, port)
    await sipp.#listens(5000)
    return sipp
  }

  private constructor(options: SippOptions, port: number) {
    this.port = port
    this.#options = options
    this.#directory = mkdtempSync(join(tmpdir(), 'sipp-'))
    this.#child = spawn('sipp', this.#arguments(), { stdio: ['ignore', 'ignore', 'pipe'], cwd: this.#directory })
    this.#child.on('error', (error) => this.#note(error.message))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#note(chunk.toString()))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves when it has ended by itself and every call went as the scenario says; rejects with what was said otherwise. */
  async finished(milliseconds = 30_000): Promise<SippResult> {
    const ended = await this.#ends(milliseconds)
    const result = await this.stop()
    if (!ended) throw this.#failure(`still ran after ${milliseconds} ms`, result)
    if (result.exitCode !== 0) throw this.#failure('ended', result)
    this.forget()
    return result
  }

  /** Lets no new call begin, gives those that are up a second, and kills what is left. */
  async stop(): Promise<SippResult> {
    for (const signal of ['SIGUSR1', 'SIGKILL'] as const) {
      if (hasEnded(this.#child)) break
      this.#child.kill(signal)
      await this.#ends(1000)
    }
    return this.#result()
  }

  /** What it sent and received so far, as SIPp writes it; empty where it does not trace. */
  messages(): string {
    return this.#file('messages.log')
  }

  /** Deletes what it wrote; its messages are gone then. */
  forget(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #arguments(): string[] {
    const { scenario, target, transport = 'udp', calls, keys = {}, args = [], trace = true } = this.#options
    const inline = join(this.#directory, 'scenario.xml')
    if (scenario.trimStart().startsWith('<')) writeFileSync(inline, scenario)
    const file = existsSync(inline) ? inline : scenario
    return [
      ...(target === undefined ? [] : [target]),
      ...['-sf', file, '-i', '127.0.0.1', '-p', String(this.port), '-t', transport === 'tcp' ? 't1' : 'u1'],
      ...['-nostdin', '-trace_err', '-error_file', 'errors.log', '-trace_stat', '-stf', 'statistics.csv', '-fd', '1'],
      ...(trace ? ['-trace_msg', '-message_file', 'messages.log'] : []),
      ...(calls === undefined ? [] : ['-m', String(calls)]),
      ...Object.entries(keys).flatMap(([name, value]) => ['-key', name, value]),
      ...args,
    ]
  }

  /** SIPp does not say when it is ready; the kernel knows. A caller over TCP opens no port of its own before it calls. */
  async #listens(milliseconds: number): Promise<void> {
    const { transport = 'udp', target } = this.#options
    const until = Date.now() + milliseconds
    while (!isOpen(transport, this.port) && !(transport === 'tcp' && target !== undefined)) {
      if (hasEnded(this.#child) && this.#child.exitCode === 0) return
      if (hasEnded(this.#child) || this.#child.pid === undefined || Date.now() > until) {
        throw this.#failure('did not start to listen', await this.stop())
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async #ends(milliseconds: number): Promise<boolean> {
    if (hasEnded(this.#child)) return true
    const signal = AbortSignal.timeout(milliseconds)
    await once(this.#child, 'exit', { signal }).catch(() => {})
    return hasEnded(this.#child)
  }

  #result(): SippResult {
    const lines = this.#file('statistics.csv').trim().split('\n')
    const values = (lines.length > 1 ? lines.at(-1) : '')?.split(';') ?? []
    const columns = new Map(lines[0]?.split(';').map((name, index) => [name, values[index] ?? '']))
    const count = (name: string): number => Number(columns.get(name) ?? 0)
    return {
      exitCode: this.#child.exitCode,
      successful: count('SuccessfulCall(C)'),
      failed: count('FailedCall(C)'),
      unfinished: count('CurrentCall'),
      retransmissions: count('Retransmissions(C)'),
      errors: `${this.#output}${this.#file('errors.log')}`,
      columns,
    }
  }

  #failure(what: string, { exitCode, successful, failed, unfinished, errors }: SippResult): Error {
    const counts = `${successful} successful, ${failed} failed, ${unfinished} unfinished`
    return new Error(
      `SIPp ${what} (exit code ${exitCode}; ${counts}):\n${errors.slice(0, 4000)}\n` +
        `Its messages (all in ${this.#directory}):\n${this.messages().slice(-12_000)}`,
    )
  }

  #file(name: string): string {
    const path = join(this.#directory, name)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  #note(text: string): void {
    this.#output += text
  }
}

/** Whether some process has this port of IPv4 open, listening where it is TCP's. */
function isOpen(transport: 'udp' | 'tcp', port: number): boolean {
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  const lines = readFileSync(`/proc/net/${transport}`, 'utf8').split('\n')
  return lines.some((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/)
    return `${local} `.endsWith(address) && (transport === 'udp' || state === '0A')
  })
}
