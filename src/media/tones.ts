export type ToneKind = 'ringback' | 'busy' | 'congestion' | 'dial'

/** A stretch of sound or silence. */
export interface ToneStep {
  /** Hertz, sounded together; none is silence. */
  readonly frequencies: readonly number[]
  /** Hertz: the sound is amplitude-modulated by this frequency (`400×25` in ITU-T's notation). */
  readonly modulation?: number

  readonly milliseconds: number
}

/** Steps that repeat until the tone is stopped. */
export type ToneCadence = readonly ToneStep[]

type CountryTones = Readonly<Record<ToneKind, ToneCadence>>

/** `frequencies` for the odd places of `cadence`, silence for the even ones; all in milliseconds. */
const pulses = (frequencies: readonly number[], ...cadence: readonly number[]): ToneCadence =>
  cadence.map((milliseconds, index) => ({ frequencies: index % 2 === 0 ? frequencies : [], milliseconds }))

/** The same with every sound modulated. */
const modulated = (frequency: number, modulation: number, ...cadence: readonly number[]): ToneCadence =>
  pulses([frequency], ...cadence).map((step) => (step.frequencies.length === 0 ? step : { ...step, modulation }))

/** One second that joins onto itself: whole periods of every frequency in the table. */
const continuous = 1000
/** Two short rings and a pause, as Britain and those who learned from it ring. */
const doubleRing = [400, 200, 400, 2000] as const

/** What ITU-T E.180 recommends where a country has no row: 425 Hz, one second in five. */
const defaultTones: CountryTones = {
  ringback: pulses([425], 1000, 4000),
  busy: pulses([425], 500, 500),
  congestion: pulses([425], 240, 240),
  dial: pulses([425], continuous),
}

/**
 * By ISO 3166 country code. Taken from the tone lists of open telephony software, which name ITU-T E.180 Supplement 2 and, for
 * AU, GB, NZ and ZA, national or vendor papers (ACIF S002, BT SIN 350, Telepermit TNA 102, Cisco); not compared with the
 * supplement itself. South Africa has two kinds of exchange, this is the Siemens one; France's congestion tone is unspecified
 * there; Japan's ringing is modulated at 16 Hz, where those lists add 15 Hz. Australia's alternating congestion level is left out.
 */
const countryTones: ReadonlyMap<string, CountryTones> = new Map<string, CountryTones>([
  [
    'AU',
    {
      ringback: pulses([413, 438], ...doubleRing),
      busy: pulses([425], 375, 375),
      congestion: [...pulses([425], 375, 375), ...pulses([420], 375, 375)],
      dial: pulses([413, 438], continuous),
    },
  ],
  [
    'GB',
    {
      ringback: pulses([400, 450], ...doubleRing),
      busy: pulses([400], 375, 375),
      congestion: pulses([400], 400, 350, 225, 525),
      dial: pulses([350, 440], continuous),
    },
  ],
  [
    'RO',
    {
      ringback: modulated(450, 25, 1850, 4150),
      busy: pulses([450], 167, 167),
      congestion: pulses([450], 500, 500),
      dial: pulses([450], continuous),
    },
  ],
  [
    'US',
    {
      ringback: pulses([440, 480], 2000, 4000),
      busy: pulses([480, 620], 500, 500),
      congestion: pulses([480, 620], 250, 250),
      dial: pulses([350, 440], continuous),
    },
  ],
  [
    'DE',
    {
      ringback: pulses([425], 1000, 4000),
      busy: pulses([425], 480, 480),
      congestion: pulses([425], 240, 240),
      dial: pulses([425], continuous),
    },
  ],
  [
    'FR',
    {
      ringback: pulses([440], 1500, 3500),
      busy: pulses([440], 500, 500),
      congestion: pulses([440], 250, 250),
      dial: pulses([440], continuous),
    },
  ],
  [
    'NZ',
    {
      ringback: pulses([400, 450], ...doubleRing),
      busy: pulses([400], 500, 500),
      congestion: pulses([400], 250, 250),
      dial: pulses([400], continuous),
    },
  ],
  [
    'ZA',
    {
      ringback: modulated(400, 33, ...doubleRing),
      busy: pulses([400], 500, 500),
      congestion: pulses([400], 250, 250),
      dial: modulated(400, 33, continuous),
    },
  ],
  [
    'IN',
    {
      ringback: modulated(400, 25, ...doubleRing),
      busy: pulses([400], 750, 750),
      congestion: pulses([400], 250, 250),
      dial: modulated(400, 25, continuous),
    },
  ],
  [
    'JP',
    {
      ringback: modulated(400, 16, 1000, 2000),
      busy: pulses([400], 500, 500),
      congestion: pulses([400], 500, 500),
      dial: pulses([400], continuous),
    },
  ],
])

/** The countries that have a row of their own. */
export const toneCountries: readonly string[] = [...countryTones.keys()]

/** A country's tone; E.180's recommended one where the country is not in the table. */
export const toneFor = (kind: ToneKind, country: string): ToneCadence =>
  (countryTones.get(country.toUpperCase()) ?? defaultTones)[kind]
