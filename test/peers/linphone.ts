import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePortPair, freeUdpPort } from '../support/free-port.ts'
import { PhoneProcess } from './phone-process.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { createTone, readWav, type Sound, writeWav } from './wav-file.ts'

export interface LinphoneOptions {
  readonly number: string
  readonly secret: string
  readonly registrarPort: number
  /** Hertz of the tone that it plays when it is in a call. */
  readonly frequency: number
  /** Picks up by itself where the caller's headers ask for it, and registers with this User-Agent. */
  readonly answersWhenAskedAs?: string
  /** Answers nobody, and names this number to every caller (302). */
  readonly forwardsTo?: string
}

const libraryPhone = fileURLToPath(new URL('linphone-library.php', import.meta.url))

/** A real SIP phone of another family: linphonec, or its library where the phone must act by itself. */
export class Linphone extends PhoneProcess {
  readonly #recorded: string

  static async start(options: LinphoneOptions): Promise<Linphone> {
    const home = temporaryDirectory('linphone-')
    // It makes databases there, but not their folder.
    mkdirSync(join(home, '.local/share/linphone'), { recursive: true })
    writeFileSync(join(home, 'configuration'), configText(options, await freePortPair(), await freeUdpPort()))
    writeFileSync(join(home, 'played.wav'), writeWav(createTone(options.frequency, 30)))
    const { answersWhenAskedAs, forwardsTo } = options
    if (forwardsTo !== undefined) return new Linphone(home, ['Linphone', `sip:${forwardsTo}@127.0.0.1`])
    return new Linphone(home, answersWhenAskedAs === undefined ? undefined : [answersWhenAskedAs])
  }

  private constructor(home: string, libraryArguments: readonly string[] | undefined) {
    const files = ['configuration', 'played.wav', 'heard.wav'].map((name) => join(home, name))
    const [configuration = '', played = '', recorded = ''] = files
    const options = { cwd: home, env: { ...process.env, HOME: home, XDG_DATA_HOME: join(home, '.local/share') } }
    if (libraryArguments === undefined) super('linphonec', ['-c', configuration, '-S'], options)
    else super('php', [libraryPhone, ...files, ...libraryArguments], options)
    this.#recorded = recorded
    if (libraryArguments !== undefined) return
    for (const line of ['soundcard use files', `play ${played}`, `record ${recorded}`]) this.say(line)
  }

  /** What it heard. */
  heard(): Sound {
    return readWav(readFileSync(this.#recorded))
  }
}

const configText = (options: LinphoneOptions, sipPort: number, mediaPort: number): string => `
[sip]
sip_port=${sipPort}
sip_tcp_port=0
sip_tls_port=0
default_proxy=0
[rtp]
audio_rtp_port=${mediaPort}
[proxy_0]
reg_proxy=<sip:127.0.0.1:${options.registrarPort}>
reg_identity=sip:${options.number}@127.0.0.1:${options.registrarPort}
reg_expires=60
reg_sendregister=1
publish=0
[auth_info_0]
username=${options.number}
passwd=${options.secret}
realm=cordboard
[sound]
echocancellation=0
`
