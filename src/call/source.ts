/** A tone of the network as a country has it, until another source takes its place. */
export interface ToneSource {
  readonly kind: 'tone'
  readonly tone: 'ringback' | 'busy' | 'congestion' | 'dial'
  /** ISO 3166. */
  readonly country: string
}

/** Clips one behind the other, once: an account's own by their names, or those that ship with the server (`digit-1`). */
export interface ClipSource {
  readonly kind: 'clip'
  readonly account: string
  readonly clips: readonly string[]
}

/** Music of an account by its name; without one its first, or what ships with the server. It goes on whether anybody hears it or not. */
export interface MusicSource {
  readonly kind: 'music'
  readonly account: string
  readonly name?: string
}

/** What one party hears, exactly one at a time. `Leg` is what stands for a leg: its name in a call, its handle at a driver. */
export type Source<Leg> =
  | { readonly kind: 'silence' }
  | ToneSource
  | ClipSource
  | MusicSource
  /**
   * What these legs say, mixed where they are several: whoever is in nobody's list is muted, who is in one alone whispers. `meanwhile`
   * sounds as long as nothing can be heard of them.
   */
  | { readonly kind: 'legs'; readonly legs: readonly Leg[]; readonly meanwhile?: ToneSource }

export const silence = { kind: 'silence' } as const
