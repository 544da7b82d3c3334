import { isDeepStrictEqual } from 'node:util'
import type { LegName } from '../call/call.ts'
import type { DesiredMedia } from '../call/desired-media.ts'
import type { Source } from '../call/source.ts'
import type { LegHandle, Playback } from '../telephony/driver.ts'

export type LegHandles = Partial<Record<LegName, LegHandle>>

/** What a leg was last made to hear. */
interface Heard {
  readonly handle: LegHandle
  readonly source: Source<LegName>
  /** Who spoke then: another member of a queue may be rung since, in the same leg. */
  readonly speakers: readonly (LegHandle | undefined)[]
  readonly playback: Playback
}

/** A leg hears what it was last made to hear, or never will, or has heard all of it. */
export type TellHeard = (leg: LegName, what: 'hears' | 'cannot-hear' | 'played') => void

/** Compares what each leg hears with what it is to hear, and tells the driver the difference. */
export class CallMedia {
  readonly #tell: TellHeard
  readonly #heard: Partial<Record<LegName, Heard>> = {}

  constructor(tell: TellHeard) {
    this.#tell = tell
  }

  bring(desired: DesiredMedia, handles: LegHandles): void {
    this.#bringLeg('first', desired.first, handles)
    this.#bringLeg('second', desired.second, handles)
  }

  #bringLeg(name: LegName, source: Source<LegName> | undefined, handles: LegHandles): void {
    const handle = handles[name]
    if (handle === undefined || source === undefined) return
    const before = this.#heard[name]?.handle === handle ? this.#heard[name] : undefined
    const legs = source.kind === 'legs' ? source.legs.flatMap((leg) => handles[leg] ?? []) : []
    const speakers = legs.map(({ speaker }) => speaker)
    if (before !== undefined && isSame(before, source, speakers)) return
    const playback = handle.hear(source.kind === 'legs' ? { ...source, legs } : source)
    this.#heard[name] = { handle, source, speakers, playback }
    void this.#follow(name, playback)
  }

  async #follow(name: LegName, playback: Playback): Promise<void> {
    const isHeard = await playback.begun
    // One that was stopped, by another source or a party that hung up in this very moment, says nothing of itself.
    if (!isHeard && (await playback.done) === 'stopped') return
    this.#tellIfCurrent(name, playback, isHeard ? 'hears' : 'cannot-hear')
    if (isHeard && (await playback.done) !== 'stopped') this.#tellIfCurrent(name, playback, 'played')
  }

  #tellIfCurrent(name: LegName, playback: Playback, what: Parameters<TellHeard>[1]): void {
    if (this.#heard[name]?.playback === playback) this.#tell(name, what)
  }
}

const isSame = (heard: Heard, source: Source<LegName>, speakers: Heard['speakers']): boolean =>
  isDeepStrictEqual(heard.source, source) &&
  speakers.length === heard.speakers.length &&
  speakers.every((speaker, index) => speaker === heard.speakers[index])
