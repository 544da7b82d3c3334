import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, freePortPair } from '../support/free-port.ts'
import { PhoneProcess } from './phone-process.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { readWav, type Sound } from './wav-file.ts'

export type BaresipCodec = 'PCMA' | 'PCMU' | 'G722'

export interface BaresipOptions {
  readonly number: string
  readonly secret: string
  readonly registrarPort: number
  /** Hertz of the tone that it plays when it is in a call. */
  readonly frequency: number
  /** `manual`: it rings until it is told otherwise. It knows no header that makes it answer by itself. */
  readonly answerMode?: 'auto' | 'manual'
  /** What it speaks, the most wanted first: so it orders its answers, too. All that it knows if absent. */
  readonly codecs?: readonly BaresipCodec[]
  readonly transport?: 'udp' | 'tcp'
  /** Sends everything to this port of loopback rather than to the registrar's. */
  readonly outboundPort?: number
}

const modules = '/usr/lib/baresip/modules'

/** A real SIP phone: a baresip process of its own, which registers, plays a tone and records what it hears. */
export class Baresip extends PhoneProcess {
  readonly #directory: string
  readonly #controlPort: number

  static async start(options: BaresipOptions): Promise<Baresip> {
    const directory = temporaryDirectory('baresip-')
    const controlPort = await freePort()
    mkdirSync(join(directory, 'heard'))
    const config = configText(directory, options.frequency, controlPort, await freePortPair())
    writeFileSync(join(directory, 'config'), config)
    writeFileSync(join(directory, 'accounts'), accountText(options))
    writeFileSync(join(directory, 'contacts'), '')
    return new Baresip(directory, controlPort)
  }

  private constructor(directory: string, controlPort: number) {
    super('baresip', ['-f', directory])
    this.#directory = directory
    this.#controlPort = controlPort
  }

  /** Resolves when its registrar has taken it. */
  async registers(): Promise<void> {
    await this.sees(/200 OK/)
  }

  /** One of its menu's long commands: `accept`, `hangup`, `sndcode` with a key. */
  async command(name: string, params = ''): Promise<void> {
    const socket = connect(this.#controlPort, '127.0.0.1')
    await once(socket, 'connect')
    const message = JSON.stringify({ command: name, params })
    // A netstring, as its ctrl_tcp module wants it.
    socket.write(`${message.length}:${message},`)
    await Promise.race([once(socket, 'data'), once(socket, 'close')])
    socket.destroy()
  }

  /** What it heard in its first call. */
  heard(): Sound {
    const folder = join(this.#directory, 'heard')
    const file = readdirSync(folder).find((name) => name.endsWith('dec.wav'))
    if (file === undefined) throw new Error(`no recording in ${readdirSync(folder).join(', ')}`)
    return readWav(readFileSync(join(folder, file)))
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
module g722.so
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

function accountText(options: BaresipOptions): string {
  const { number, secret, registrarPort, answerMode = 'auto', codecs = [], transport, outboundPort } = options
  const parameters = [
    ...[`auth_user=${number}`, `auth_pass=${secret}`, 'regint=60', `answermode=${answerMode}`],
    ...(codecs.length === 0 ? [] : [`audio_codecs=${codecs.map(baresipCodec).join(',')}`]),
    ...(outboundPort === undefined ? [] : [`outbound="sip:127.0.0.1:${outboundPort}"`]),
  ]
  const uri = `sip:${number}@127.0.0.1:${registrarPort}${transport === 'tcp' ? ';transport=tcp' : ''}`
  return `<${uri}>;${parameters.join(';')}\n`
}

const baresipCodec = (codec: BaresipCodec): string => `${codec}/${codec === 'G722' ? 16_000 : 8000}/1`
