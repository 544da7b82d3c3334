import type { WriteSound } from './frame-writer.ts'
import { Mixer } from './mixer.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import type { Sound } from './sound.ts'
import type { SoundPacer } from './sound-pacer.ts'
import { SoundPlayer } from './sound-player.ts'
import { TonePlayer } from './tone-player.ts'
import type { ToneCadence } from './tones.ts'
import type { Voice } from './voice.ts'

/** A second of nothing. */
const silence: ToneCadence = [{ frequencies: [], milliseconds: 1000 }]

/** What we make for one leg to hear, one thing at a time: a tone, recorded sound, the voices of several others. */
export class OwnSound {
  readonly #pacer: SoundPacer
  readonly #write: WriteSound
  readonly #clock: () => number
  #media: NegotiatedMedia | undefined
  /** Each is made when it is first needed: most legs hear a tone at most. */
  #tone: TonePlayer | undefined
  #sound: SoundPlayer | undefined
  #mixer: Mixer | undefined

  /** `clock`: monotonic milliseconds. */
  constructor(pacer: SoundPacer, write: WriteSound, clock: () => number, media: NegotiatedMedia | undefined) {
    this.#pacer = pacer
    this.#write = write
    this.#clock = clock
    this.#media = media
  }

  setMedia(media: NegotiatedMedia): void {
    this.#media = media
    for (const player of [this.#tone, this.#sound, this.#mixer]) player?.setMedia(media)
  }

  playTone(tone: ToneCadence): void {
    this.#sound?.stop()
    this.#mixer?.stop()
    this.#tone ??= new TonePlayer(this.#pacer, this.#write)
    this.#tone.play(tone, this.#media)
  }

  playSilence(): void {
    this.playTone(silence)
  }

  get isToneOn(): boolean {
    return this.#tone?.isPlaying === true
  }

  isSounding(tone: ToneCadence): boolean {
    return this.#tone?.isSounding(tone) === true
  }

  /** Somebody talks to the leg. */
  pauseTone(): void {
    this.#tone?.pause()
  }

  /** They have gone. */
  resumeTone(): void {
    this.#tone?.resume(this.#media)
  }

  playOnce(sounds: readonly Sound[], onEnd: (outcome: 'ended' | 'failed') => void): void {
    this.stop()
    this.#sounds.playOnce(sounds, onEnd)
  }

  playMusic(sound: Sound, onEnd: (outcome: 'ended' | 'failed') => void): void {
    this.stop()
    this.#sounds.playMusic(sound, this.#clock(), onEnd)
  }

  mix(voices: readonly Voice[]): void {
    this.#tone?.stop()
    this.#sound?.stop()
    if (this.#mixer === undefined) {
      this.#mixer = new Mixer(this.#pacer, this.#write)
      if (this.#media !== undefined) this.#mixer.setMedia(this.#media)
    }
    this.#mixer.hear(voices)
  }

  stop(): void {
    for (const player of [this.#tone, this.#sound, this.#mixer]) player?.stop()
  }

  get #sounds(): SoundPlayer {
    if (this.#sound === undefined) {
      this.#sound = new SoundPlayer(this.#pacer, this.#write)
      if (this.#media !== undefined) this.#sound.setMedia(this.#media)
    }
    return this.#sound
  }
}
