import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

const running = new Set<ChildProcess>()
/** A test that broke off leaves no phone behind. */
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A program that is a phone: what it says is read, and it is gone when it was told to stop. */
export class PhoneProcess {
  /** What it has said so far; may be emptied, so that `sees` looks at what is new only. */
  output = ''
  readonly #name: string
  readonly #child: ChildProcess

  constructor(name: string, args: readonly string[], options: SpawnOptions = {}) {
    this.#name = name
    this.#child = spawn(name, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
    running.add(this.#child)
    this.#child.once('exit', () => running.delete(this.#child))
    const note = (text: string) => {
      this.output += text
    }
    this.#child.on('error', (error) => note(error.message))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => note(chunk.toString()))
    }
    // It may be gone before it has read what it was told.
    this.#child.stdin?.on('error', (error) => note(error.message))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.#child
    return pid === undefined || exitCode !== null || signalCode !== null
  }

  /** Resolves when the output matches; rejects with the output after `milliseconds`. */
  async sees(pattern: RegExp, milliseconds = 10_000): Promise<void> {
    const until = Date.now() + milliseconds
    while (!pattern.test(this.output)) {
      if (Date.now() > until || (this.hasEnded && this.output !== '')) {
        throw new Error(`${this.#name} never said ${pattern}:\n${this.output}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** A line on its standard input. */
  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  /** Asks it to end, as its user would, and kills it if it does not. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** It does nothing any more, as if it had lost its power or its network, until it is `thawed`. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  /** It is gone at once, and says goodbye to nobody. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.hasEnded) return
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 3000)
    await exited
    clearTimeout(killer)
  }
}
