import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../support/free-port.ts'
import { PhoneProcess } from './phone-process.ts'

/** A system root that has Asterisk, as debootstrap makes one; undefined where the environment names none. */
export const asteriskRoot = (): string | undefined => process.env['ASTERISK_ROOT']

const user = 'cordboard'
const password = 'manager-secret'

/** An event of the manager interface: its headers by name. */
export type ManagerEvent = ReadonlyMap<string, string>

/** An Asterisk in its chroot, with configuration files of its own. Needs root, for the chroot. */
export class Asterisk {
  readonly #directory: string
  readonly #process: PhoneProcess
  readonly #managerPort: number
  #manager: Socket | undefined

  /** `files` by name: `pjsip.conf`, `extensions.conf`, …; modules, manager and folders are configured here. */
  static async start(
    root: string,
    files: Readonly<Record<string, string>>,
    modules: readonly string[],
  ): Promise<Asterisk> {
    const asterisk = new Asterisk(root, files, modules, await freePort())
    try {
      await asterisk.#connect()
    } catch (error) {
      await asterisk.stop()
      throw error
    }
    return asterisk
  }

  private constructor(
    root: string,
    files: Readonly<Record<string, string>>,
    modules: readonly string[],
    managerPort: number,
  ) {
    this.#managerPort = managerPort
    mkdirSync(join(root, 'tmp'), { recursive: true })
    this.#directory = mkdtempSync(join(root, 'tmp', 'cordboard-asterisk-'))
    const inside = this.#directory.slice(root.replace(/\/+$/, '').length)
    const all = { ...ownFiles(inside, managerPort, modules), ...files }
    for (const [name, text] of Object.entries(all)) writeFileSync(join(this.#directory, name), text)
    this.#process = new PhoneProcess('chroot', [root, '/usr/sbin/asterisk', '-f', '-C', `${inside}/asterisk.conf`])
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Calls back for each event that the manager interface tells. */
  onEvent(take: (event: ManagerEvent) => void): void {
    if (this.#manager === undefined) throw new Error('the manager interface is not connected')
    let event = new Map<string, string>()
    createInterface({ input: this.#manager }).on('line', (line) => {
      if (line !== '') {
        const colon = line.indexOf(':')
        event.set(line.slice(0, colon), line.slice(colon + 1).trim())
        return
      }
      take(event)
      event = new Map()
    })
  }

  /** An action of the manager interface. */
  send(action: Readonly<Record<string, string>>): void {
    const lines = Object.entries(action).map(([name, value]) => `${name}: ${value}\r\n`)
    this.#manager?.write(`${lines.join('')}\r\n`)
  }

  async stop(): Promise<void> {
    this.#manager?.destroy()
    await this.#process.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** Resolves when it has booted and let us in. */
  async #connect(): Promise<void> {
    const until = Date.now() + 20_000
    while (this.#manager === undefined) {
      if (this.#process.hasEnded || Date.now() > until)
        throw new Error(`Asterisk did not start:\n${this.#process.output}`)
      const socket = connect(this.#managerPort, '127.0.0.1')
      await once(socket, 'connect').then(
        () => {
          this.#manager = socket
        },
        () => new Promise((resolve) => setTimeout(resolve, 50)),
      )
    }
    let heard = ''
    const listen = (chunk: Buffer) => {
      heard += chunk.toString()
    }
    this.#manager.on('data', listen)
    this.send({ Action: 'Login', Username: user, Secret: password })
    while (!/FullyBooted/.test(heard)) {
      if (Date.now() > until) throw new Error(`Asterisk did not let us in:\n${heard}\n${this.#process.output}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    this.#manager.off('data', listen)
  }
}

const ownFiles = (
  inside: string,
  managerPort: number,
  modules: readonly string[],
): Readonly<Record<string, string>> => ({
  'asterisk.conf': `[directories]
astetcdir => ${inside}
astdbdir => ${inside}
astkeydir => ${inside}
astspooldir => ${inside}
astrundir => ${inside}
astlogdir => ${inside}
`,
  'modules.conf': `[modules]\nautoload = no\n${modules.map((name) => `load = ${name}.so\n`).join('')}`,
  'manager.conf': `[general]
enabled = yes
bindaddr = 127.0.0.1
port = ${managerPort}
[${user}]
secret = ${password}
read = call,system
write = originate,call
`,
  'logger.conf': '[general]\n[logfiles]\nconsole = error,warning\n',
  'rtp.conf': '[general]\nrtpstart = 40000\nrtpend = 49999\n',
})
