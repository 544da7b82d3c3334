import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port.ts'

export interface BaresipOptions {
  readonly number: string
  readonly secret: string
  readonly registrarPort: number
  /** Hertz of the tone that it plays when it is in a call. */
  readonly frequency: number
  /** `manual`: it rings until it is told otherwise, or until the caller's headers make it answer. */
  readonly answerMode?: 'auto' | 'manual'
  readonly codec?: 'PCMA' | 'PCMU'
}

const modules = '/usr/lib/baresip/modules'

/** A real SIP phone: a baresip process of its own, which registers, plays a tone and records what it hears. */
export class Baresip {
  readonly #child: ChildProcess
  readonly #directory: string
  output = ''

  readonly #controlPort: number

  static async start(options: BaresipOptions): Promise<Baresip> {
    return new Baresip(options, await freePort(), sipPortOf(options))
  }

  private constructor(options: BaresipOptions, controlPort: number, sipPort: number) {
    this.#controlPort = controlPort
    this.#directory = mkdtempSync(join(tmpdir(), 'baresip-'))
    mkdirSync(join(this.#directory, 'heard'))
    writeFileSync(join(this.#directory, 'config'), configText(this.#directory, options.frequency, controlPort, sipPort))
    writeFileSync(join(this.#directory, 'accounts'), accountText(options))
    writeFileSync(join(this.#directory, 'contacts'), '')
    this.#child = spawn('baresip', ['-f', this.#directory], { stdio: ['pipe', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString()
      })
    }
  }

  /** Resolves when the output matches; rejects with the output after `milliseconds`. */
  async sees(pattern: RegExp, milliseconds = 10_000): Promise<void> {
    const until = Date.now() + milliseconds
    while (!pattern.test(this.output)) {
      if (Date.now() > until) throw new Error(`baresip never said ${pattern}:\n${this.output}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** One of its menu's long commands: `accept`, `hangup`, `quit`. */
  async command(name: string): Promise<void> {
    const socket = connect(this.#controlPort, '127.0.0.1')
    await once(socket, 'connect')
    const message = JSON.stringify({ command: name })
    // A netstring, as its ctrl_tcp module wants it.
    socket.write(`${message.length}:${message},`)
    await Promise.race([once(socket, 'data'), once(socket, 'close')])
    socket.destroy()
  }

  /** What it heard: mono 16-bit samples and their rate. */
  heard(): { readonly samples: Int16Array; readonly rate: number } {
    const folder = join(this.#directory, 'heard')
    const file = readdirSync(folder).find((name) => name.endsWith('dec.wav'))
    if (file === undefined) throw new Error(`no recording in ${readdirSync(folder).join(', ')}`)
    return readWav(readFileSync(join(folder, file)))
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 3000)
    await exited
    clearTimeout(killer)
  }
}

const configText = (directory: string, frequency: number, controlPort: number, sipPort: number): string => `
sip_listen 127.0.0.1:${sipPort}
audio_source ausine,${frequency}
audio_player aubridge,nil${frequency}
audio_alert aubridge,alert${frequency}
audio_level no
ausrc_srate 48000
ausrc_channels 2
auplay_srate 8000
rtp_ports 40000-49998
rtcp_mux no
jitter_buffer_delay 1-3
module_path ${modules}
module g711.so
module ausine.so
module aubridge.so
module sndfile.so
module uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:${controlPort}
snd_path ${directory}/heard
`

function accountText({ number, secret, registrarPort, answerMode = 'auto', codec }: BaresipOptions): string {
  const codecs = codec === undefined ? '' : `;audio_codecs=${codec}/8000/1`
  return `<sip:${number}@127.0.0.1:${registrarPort}>;auth_user=${number};auth_pass=${secret};regint=60;answermode=${answerMode}${codecs}\n`
}

/** A PCM WAV file of one channel; a header whose length was never written (the phone was stopped) means: to the end. */
function readWav(octets: Buffer): { samples: Int16Array; rate: number } {
  const rate = octets.readUInt32LE(24)
  const start = octets.indexOf('data') + 8
  const count = Math.floor((octets.length - start) / 2)
  return { samples: Int16Array.from({ length: count }, (_, index) => octets.readInt16LE(start + index * 2)), rate }
}

/** It takes two neighbouring ports, by UDP and TCP the one, by TLS the other; phones of one test must not meet. */
const sipPortOf = ({ number }: BaresipOptions): number => 50_000 + (process.pid % 1000) * 8 + (Number(number) % 4) * 2
