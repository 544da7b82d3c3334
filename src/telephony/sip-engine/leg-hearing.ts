import type { Source, ToneSource } from '../../call/source.ts'
import type { MediaEndpoint } from '../../media/media-endpoint.ts'
import type { Source as MediaSource } from '../../media/source.ts'
import { toneFor } from '../../media/tones.ts'
import { LegPlayback } from '../leg-playback.ts'
import type { SoundLibrary } from '../sound-library.ts'
import type { LegMedia } from './leg-media.ts'

/** What one answered leg hears: says it to the leg's media, and tells how it came to its end. */
export class LegHearing {
  readonly #media: LegMedia
  readonly #sounds: SoundLibrary
  #playback: LegPlayback | undefined

  constructor(media: LegMedia, sounds: SoundLibrary) {
    this.#media = media
    this.#sounds = sounds
  }

  /** Throws nothing; `onFailed` is told why it cannot be heard. A leg without media is over, and its end is told by itself. */
  hear(source: Source<LegMedia | undefined>, onFailed: (error: unknown) => void): LegPlayback {
    this.#playback?.end('stopped')
    const playback = new LegPlayback()
    this.#playback = playback
    const legs = source.kind === 'legs' ? source.legs : []
    try {
      if (legs.includes(undefined)) return playback.end('stopped')
      this.#play(source, playback)
      this.#media.hear(legs.filter((leg) => leg !== undefined))
    } catch (error) {
      onFailed(error)
      playback.end('failed')
    } finally {
      if (playback.hasEnded) this.#playInstead(source)
    }
    return playback
  }

  /** The leg has ended. */
  stop(): void {
    this.#playback?.end('stopped')
    this.#media.hear([])
  }

  /** Throws where the leg has no codec in which it could hear it, or where there is no such sound. */
  #play(source: Source<LegMedia | undefined>, playback: LegPlayback): void {
    const { done } = this.#media.endpoint.hear(this.#resolve(source))
    playback.begin()
    void done.then((outcome) => playback.end(outcome))
  }

  /** What cannot be heard is a tone all the same where one was to sound meanwhile, and else nothing. */
  #playInstead(source: Source<LegMedia | undefined>): void {
    const meanwhile = source.kind === 'legs' ? source.meanwhile : undefined
    this.#media.endpoint.hear(meanwhile === undefined ? { kind: 'silence' } : resolveTone(meanwhile))
    this.#media.hear([])
  }

  /** Sounds and endpoints in the place of their names. */
  #resolve(source: Source<LegMedia | undefined>): MediaSource<MediaEndpoint> {
    switch (source.kind) {
      case 'silence':
        return source
      case 'tone':
        return resolveTone(source)
      case 'clip':
        return {
          kind: 'clip',
          sounds: source.clips.map((name) => found(this.#sounds.clip(source.account, name), name)),
        }
      case 'music':
        return { kind: 'music', sound: found(this.#sounds.music(source.account, source.name), source.name ?? 'music') }
      case 'legs': {
        const legs = source.legs.flatMap((leg) => leg?.endpoint ?? [])
        const { meanwhile } = source
        return { kind: 'legs', legs, ...(meanwhile === undefined ? {} : { meanwhile: resolveTone(meanwhile).tone }) }
      }
    }
  }
}

const resolveTone = ({ tone, country }: ToneSource) => ({ kind: 'tone', tone: toneFor(tone, country) }) as const

const found = <Sound>(sound: Sound | undefined, name: string): Sound => {
  if (sound === undefined) throw new Error(`there is no sound ${name}`)
  return sound
}
