import type { Source, ToneSource } from '../../call/source.ts'
import { toneFor } from '../../media/tones.ts'
import { LegPlayback } from '../leg-playback.ts'
import type { LegMedia } from './leg-media.ts'

/** What one answered leg hears: goes from one source to the next by the commands that make the difference. */
export class LegHearing {
  readonly #media: LegMedia
  #tone: ToneSource | undefined
  #playback: LegPlayback | undefined

  constructor(media: LegMedia) {
    this.#media = media
  }

  /** Throws nothing; `onFailed` is told why a leg cannot be heard. A leg without media is over, and its end is told by itself. */
  hear(source: Source<LegMedia | undefined>, onFailed: (error: unknown) => void): LegPlayback {
    this.#playback?.end('stopped')
    const playback = new LegPlayback()
    this.#playback = playback
    const speakers = source.kind === 'legs' ? source.legs : []
    try {
      this.#listenTo(speakers[0])
      if (speakers.includes(undefined)) playback.end('stopped')
      else playback.begin()
    } catch (error) {
      this.#listenTo(undefined)
      playback.end('failed')
      onFailed(error)
    }
    this.#play(source.kind === 'tone' ? source : source.kind === 'legs' ? source.meanwhile : undefined)
    return playback
  }

  /** The leg has ended. */
  stop(): void {
    this.#playback?.end('stopped')
    this.#media.hears = undefined
  }

  /** Throws where the two have no codec that one could hear of the other. */
  #listenTo(speaker: LegMedia | undefined): void {
    const media = this.#media
    // Also one that is heard already: what it speaks may be another codec by now.
    if (speaker !== undefined) media.endpoint.hear(speaker.endpoint)
    else if (media.hears !== undefined) media.endpoint.hearNobody()
    media.hears = speaker
  }

  /** One that sounds already goes on where it is. */
  #play(tone: ToneSource | undefined): void {
    const { endpoint } = this.#media
    const before = this.#tone
    this.#tone = tone
    if (tone?.tone === before?.tone && tone?.country === before?.country) return
    if (tone === undefined) endpoint.stopPlaying()
    else endpoint.play(toneFor(tone.tone, tone.country))
  }
}
