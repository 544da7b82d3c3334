import type { Sound } from './sound.ts'
import type { ToneCadence } from './tones.ts'

/** What a leg can be made to hear; exactly one at a time. `Leg`: how whoever speaks of it names an endpoint. */
export type Source<Leg> =
  /** Nothing that can be heard, sent all the same: a phone that gets no packets at all takes the call for dead. */
  | { readonly kind: 'silence' }
  /** Repeated until another source is given. */
  | { readonly kind: 'tone'; readonly tone: ToneCadence }
  /** One behind the other, once. */
  | { readonly kind: 'clip'; readonly sounds: readonly Sound[] }
  /** Over and over. It goes on whether anybody hears it or not. */
  | { readonly kind: 'music'; readonly sound: Sound }
  /**
   * What these legs say: one as it is, several mixed. Whoever is not in a leg's list is not heard there, and a leg never hears itself.
   * `meanwhile` sounds until something can be heard of one leg alone, and again when that one has gone.
   */
  | { readonly kind: 'legs'; readonly legs: readonly Leg[]; readonly meanwhile?: ToneCadence }

/**
 * How a source came to its end. `ended`: all of a clip has been heard. `stopped`: another source took its place, or the leg was over.
 * `failed`: the leg takes no codec that we can make sound in, or the relay worker died.
 */
export type PlaybackOutcome = 'ended' | 'stopped' | 'failed'
