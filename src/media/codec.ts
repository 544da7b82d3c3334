/** The audio codecs that a leg can negotiate; opus is passed through, all others are converted where they must be. */
export type CodecName = 'PCMA' | 'PCMU' | 'G722' | 'opus'

export interface Codec {
  readonly name: CodecName
  /** What we offer it as; static where RFC 3551 table 4 assigns one. */
  readonly payloadType: number
  /** Of the RTP timestamps. G.722 samples at 16 kHz but counts at 8 kHz (RFC 3551 section 4.5.2). */
  readonly clockRate: number
  readonly channels: number
  /** Format parameters of our offer. */
  readonly parameters?: string
}

export const codecs: Readonly<Record<CodecName, Codec>> = {
  PCMA: { name: 'PCMA', payloadType: 8, clockRate: 8000, channels: 1 },
  PCMU: { name: 'PCMU', payloadType: 0, clockRate: 8000, channels: 1 },
  G722: { name: 'G722', payloadType: 9, clockRate: 8000, channels: 1 },
  opus: { name: 'opus', payloadType: 111, clockRate: 48000, channels: 2, parameters: 'useinbandfec=1' },
}

/**
 * What a leg is offered unless its account says otherwise. G.711 stands first, because every tone and every conversion can be
 * had in it; opus is absent, because no tone can be played in it: it is for second legs whose first leg chose it.
 */
export const defaultCodecs: readonly CodecName[] = ['PCMA', 'PCMU', 'G722']

/** Payload type that telephone events are offered as, by RTP clock rate (RFC 4733 section 2.1: the clock is the audio's). */
export const eventPayloadTypes: ReadonlyMap<number, number> = new Map([
  [8000, 101],
  [48000, 110],
])

/** Comfort noise is sent at 8 kHz (RFC 3389 section 4). We never offer it, but many phones fall silent with it all the same. */
export const comfortNoise = { payloadType: 13, clockRate: 8000 } as const

/** Whether we can make sound of our own in this codec. */
export const isPlayable = (codec: CodecName): boolean => codec !== 'opus'
