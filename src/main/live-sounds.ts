import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { AccountRecord, SoundRecord } from '../directory/records.ts'
import type { Log } from '../log.ts'
import { readSoundFile } from '../media/read-sound-file.ts'
import type { Sound } from '../media/sound.ts'
import type { SoundLibrary } from '../telephony/sound-library.ts'

/** Made by `npm run sounds`. */
const shipped = join(import.meta.dirname, '..', '..', 'media')
const language = 'en'

type Sounds = ReadonlyMap<string, Sound>

interface AccountSounds {
  readonly clips: Sounds
  readonly music: Sounds
}

interface ReadFile {
  /** By which a file that was changed is told from one that was not. */
  readonly mark: string
  readonly sound: Sound
}

/** What the names of sounds that ship with the server begin with; an account's own begin with no such thing. */
const shippedPrefix = 'cordboard:'

/** The recorded sounds in memory: those that ship with the server, and each account's own, which follow the directory. */
export class LiveSounds implements SoundLibrary {
  readonly #log: Log
  #clips: Sounds = new Map()
  #music: Sound | undefined
  #accounts: ReadonlyMap<string, AccountSounds> = new Map()
  /** The accounts' files, by path: each is read once, however often the directory changes and whoever names it. */
  #files: ReadonlyMap<string, ReadFile> = new Map()

  private constructor(log: Log) {
    this.#log = log
  }

  static async load(log: Log): Promise<LiveSounds> {
    const sounds = new LiveSounds(log)
    const prompts = join(shipped, 'prompts', language)
    const files = [...(await readdir(prompts)).map((name) => join(prompts, name)), join(shipped, 'beep.wav')]
    const records = files
      .filter((file) => file.endsWith('.wav'))
      .map((file) => ({ name: basename(file, '.wav'), file }))
    sounds.#clips = await sounds.#read(records, new Map())
    sounds.#music = (await sounds.#readFile(join(shipped, 'music.wav'), new Map()))?.sound
    return sounds
  }

  /** An account's own by its name, else one that ships with the server; `cordboard:goodbye` is the server's in any case. */
  clip(account: string, name: string): Sound | undefined {
    if (name.startsWith(shippedPrefix)) return this.#clips.get(name.slice(shippedPrefix.length))
    return this.#accounts.get(account)?.clips.get(name) ?? this.#clips.get(name)
  }

  music(account: string, name?: string): Sound | undefined {
    const own = this.#accounts.get(account)?.music
    if (name !== undefined) return own?.get(name)
    const [first] = own?.values() ?? []
    return first ?? this.#music
  }

  /** A call that hears one goes on with it. A file that is gone or spoilt since it was last read stays as it was. */
  async replace(accounts: readonly Pick<AccountRecord, 'name' | 'clips' | 'music'>[]): Promise<void> {
    const files = new Map<string, ReadFile>()
    const replaced = new Map<string, AccountSounds>()
    for (const { name, clips = [], music = [] } of accounts) {
      if (clips.length + music.length === 0) continue
      replaced.set(name, { clips: await this.#read(clips, files), music: await this.#read(music, files) })
    }
    this.#accounts = replaced
    this.#files = files
  }

  async #read(records: readonly SoundRecord[], files: Map<string, ReadFile>): Promise<Sounds> {
    const sounds = new Map<string, Sound>()
    for (const { name, file } of records) {
      const read = files.get(file) ?? (await this.#readFile(file, this.#files))
      if (read === undefined) continue
      files.set(file, read)
      sounds.set(name, read.sound)
    }
    return sounds
  }

  async #readFile(file: string, before: ReadonlyMap<string, ReadFile>): Promise<ReadFile | undefined> {
    const known = before.get(file)
    const mark = await stat(file).then(
      ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
      () => '',
    )
    if (known?.mark === mark) return known
    const sound = await readSoundFile(file)
    if (!('fault' in sound)) return { mark, sound }
    this.#log.warn({ file, fault: sound.fault }, 'a sound cannot be used')
    return known
  }
}
