import { isAbsolute, resolve } from 'node:path'
import { checkSoundFile } from '../media/read-sound-file.ts'
import type { Config } from './config-schema.ts'
import type { Path } from './yaml-source.ts'

interface SoundFile {
  readonly path: Path
  readonly file: string
}

interface SoundFault {
  readonly path: Path
  readonly message: string
}

/** Every file of a clip or of music that a configuration names. */
export const soundFilesOf = ({ accounts }: Config): readonly SoundFile[] =>
  accounts.flatMap((account, index) =>
    (['clips', 'music'] as const).flatMap((kind) =>
      account[kind].map(({ file }, place) => ({ path: ['accounts', index, kind, place, 'file'], file })),
    ),
  )

/** The same with relative paths starting at this folder. */
export const withSoundFolder = (config: Config, folder: string): Config => {
  const placed = <Sound extends { readonly file: string }>(sounds: readonly Sound[]) =>
    sounds.map((sound) => ({ ...sound, file: resolve(folder, sound.file) }))
  const accounts = config.accounts.map((account) => ({
    ...account,
    clips: placed(account.clips),
    music: placed(account.music),
  }))
  return { ...config, accounts }
}

/** For a configuration that was sent: nobody knows which folder the sender meant. */
export const findRelativeSounds = (config: Config): readonly SoundFault[] =>
  soundFilesOf(config)
    .filter(({ file }) => !isAbsolute(file))
    .map(({ path }) => ({ path, message: 'must be a whole path on the server, such as "/srv/sounds/welcome.wav"' }))

/** Files that are not on this machine, or hold no sound that can be used, with what would help. */
export const findFaultySounds = async (config: Config): Promise<readonly SoundFault[]> => {
  const faults: SoundFault[] = []
  for (const { path, file } of soundFilesOf(config)) {
    const fault = await checkSoundFile(file)
    if (fault !== undefined) faults.push({ path, message: `names ${file}, which ${fault}` })
  }
  return faults
}
