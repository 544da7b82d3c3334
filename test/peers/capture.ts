import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryDirectory } from './temporary-directory.ts'

/** What tshark takes off loopback, to be read by tshark as well: an opinion on our packets that is not ours. */
export class Capture {
  readonly #child: ChildProcess
  readonly #file: string

  /** Resolves when every packet that passes the filter (as tcpdump writes it) is kept; undefined where this user may not listen. */
  static async start(filter: string): Promise<Capture | undefined> {
    const file = join(temporaryDirectory('capture-'), 'packets.pcapng')
    const child = spawn('tshark', ['-i', 'lo', '-f', filter, '-w', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    // It says that it captures before it has tried to; the file is there when it does.
    const hasBegun = () => existsSync(file) && statSync(file).size > 0
    for (const until = Date.now() + 30_000; !hasBegun(); ) {
      if (/permission/i.test(output)) return undefined
      if (child.exitCode !== null || Date.now() > until) {
        child.kill('SIGKILL')
        throw new Error(`tshark does not capture:\n${output}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return new Capture(child, file)
  }

  private constructor(child: ChildProcess, file: string) {
    this.#child = child
    this.#file = file
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGINT')
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 3000)
    await exited
    clearTimeout(killer)
  }

  /** The fields of every packet that passes tshark's display filter; a field that occurs more than once has its values in order. */
  async read<Field extends string>(
    options: { readonly sipPort: number; readonly filter: string },
    fields: readonly Field[],
  ): Promise<readonly Readonly<Record<Field, readonly string[]>>[]> {
    const { stdout } = await promisify(execFile)(
      'tshark',
      [
        ...['-r', this.#file, '-d', `udp.port==${options.sipPort},sip`, '-Y', options.filter],
        ...['-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=|', ...fields.flatMap((field) => ['-e', field])],
      ],
      { maxBuffer: 64 * 1024 * 1024 },
    )
    const lines = stdout.split('\n').filter((line) => line !== '')
    return lines.map((line) => {
      const values = line.split('\t').map((text) => (text === '' ? [] : text.split('|')))
      return Object.fromEntries(fields.map((field, index) => [field, values[index] ?? []])) as never
    })
  }
}
