import type { Sound } from '../media/sound.ts'

/** The recorded sounds that an account's calls can hear; its own outrank those that ship with the server. */
export interface SoundLibrary {
  clip(account: string, name: string): Sound | undefined
  /** Without a name: the account's first, or what ships with the server. */
  music(account: string, name?: string): Sound | undefined
}
