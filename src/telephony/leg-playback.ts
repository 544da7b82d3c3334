import type { Playback, PlaybackEnd } from './driver.ts'

/** A playback as the driver that plays it holds it. */
export class LegPlayback implements Playback {
  readonly #begun = Promise.withResolvers<boolean>()
  readonly #done = Promise.withResolvers<PlaybackEnd>()

  #hasEnded = false

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get begun(): Promise<boolean> {
    return this.#begun.promise
  }

  get done(): Promise<PlaybackEnd> {
    return this.#done.promise
  }

  /** The leg hears it. */
  begin(): this {
    this.#begun.resolve(true)
    return this
  }

  /** The first end counts. */
  end(how: PlaybackEnd): this {
    this.#hasEnded = true
    this.#begun.resolve(false)
    this.#done.resolve(how)
    return this
  }
}
