export type ToneKind = 'ringback' | 'busy' | 'congestion' | 'dial'

/** A stretch of sound or silence. */
export interface ToneStep {
  /** Hertz, sounded together; none is silence. */
  readonly frequencies: readonly number[]
  /** Hertz: the first frequency is amplitude-modulated by this one (`400×25` in ITU-T's notation). */
  readonly modulation?: number
  readonly milliseconds: number
}

/** Steps that repeat until the tone is stopped. */
export type ToneCadence = readonly ToneStep[]

type CountryTones = Readonly<Record<ToneKind, ToneCadence>>

export const toneFor = (kind: ToneKind, country: string): ToneCadence =>
  (countryTones.get(country.toUpperCase()) ?? defaultTones)[kind]

const defaultTones: CountryTones = {
  ringback: [
    { frequencies: [425], milliseconds: 1000 },
    { frequencies: [], milliseconds: 4000 },
  ],
  busy: [],
  congestion: [],
  dial: [],
}
const countryTones: ReadonlyMap<string, CountryTones> = new Map()
