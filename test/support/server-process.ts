import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** A server in a process of its own, so that it can be killed; each start finds the data of the one before. */
export class ServerProcess {
  readonly url: string
  readonly sipPort: number
  readonly #directory = mkdtempSync(join(tmpdir(), 'cordboard-process-'))
  #child: ChildProcess | undefined
  #output = ''

  /** `more` is added to the configuration. */
  constructor(httpPort: number, sipPort: number, mediaPorts: string, more = '') {
    this.url = `http://127.0.0.1:${httpPort}`
    this.sipPort = sipPort
    writeFileSync(join(this.#directory, 'cordboard.yaml'), `${configText(httpPort, sipPort, mediaPorts)}\n${more}`)
  }

  get databaseFile(): string {
    return join(this.#directory, 'cordboard.db')
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** The lines of its log that hold `text`. */
  logLines(text: string): readonly string[] {
    return this.#output.split('\n').filter((line) => line.includes(text))
  }

  /** Resolves when it says that it is up. */
  async start(): Promise<void> {
    this.#output = ''
    const args = [cli, 'start', '--config', join(this.#directory, 'cordboard.yaml'), '--data', this.#directory]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    const note = (chunk: Buffer) => {
      this.#output += chunk.toString()
    }
    child.stdout.on('data', note)
    child.stderr.on('data', note)
    const until = Date.now() + 60_000
    while (!/is up|listening/i.test(this.#output)) {
      const hasEnded = child.exitCode !== null || child.signalCode !== null
      if (Date.now() > until || hasEnded) throw new Error(`the server did not start:\n${this.#output}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  /** Kills it if it still runs, and deletes its data. */
  async remove(): Promise<void> {
    await this.kill('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

const configText = (httpPort: number, sipPort: number, mediaPorts: string): string => `
http: { port: ${httpPort} }
sip: { listen: ["udp:127.0.0.1:${sipPort}"] }
media: { ports: ${mediaPorts} }
store: sqlite:cordboard.db
log: { level: warn }
accounts:
  - name: acme
    country: GB
    lines:
      - { number: "101", secret: s3cret-101 }
      - { number: "102", secret: s3cret-102 }
    apiKeys:
      - { name: crm, key: demo-key-acme-0001, permissions: [calls:place, calls:read, calls:control] }
`
