/** A tone of the network as a country has it, until another source takes its place. */
export interface ToneSource {
  readonly kind: 'tone'
  readonly tone: 'ringback' | 'busy' | 'congestion' | 'dial'
  /** ISO 3166. */
  readonly country: string
}

/** What one party hears, exactly one at a time. `Leg` is what stands for a leg: its name in a call, its handle at a driver. */
export type Source<Leg> =
  | { readonly kind: 'silence' }
  | ToneSource
  /** What these legs say; `meanwhile` sounds as long as nothing can be heard of them. */
  | { readonly kind: 'legs'; readonly legs: readonly Leg[]; readonly meanwhile?: ToneSource }

export const silence = { kind: 'silence' } as const
