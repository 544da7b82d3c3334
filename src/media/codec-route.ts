import { type CodecName, comfortNoise, isPlayable } from './codec.ts'
import type { NegotiatedCodec, NegotiatedMedia } from './negotiated-media.ts'
import { type ConversionEffort, conversionEffort } from './payload-conversion.ts'

/** How audio in `codec` is sent to a leg: as which of its codecs; undefined if it cannot be. */
export const routeCodec = (codec: CodecName, to: NegotiatedMedia): NegotiatedCodec | undefined => {
  const effort = conversionEffort(codec, to.codec)
  // A conversion by table costs next to nothing; a change of codec in mid-stream costs some phones their voice.
  if (effort === 'none' || effort === 'table') return to
  const accepted = (wanted: ConversionEffort) =>
    to.accepted.find((other) => conversionEffort(codec, other.codec) === wanted)
  return accepted('none') ?? accepted('table') ?? (effort === 'samples' ? to : undefined)
}

/** Whether `listener` can be sent what `speaker` prefers to send. */
export const canHear = (listener: NegotiatedMedia, speaker: NegotiatedMedia): boolean =>
  routeCodec(speaker.codec, listener) !== undefined

/** What crosses as it is, or by a table, costs the relay nothing and the sound nothing. */
const isCheap = (from: CodecName, to: CodecName): boolean => ['none', 'table'].includes(conversionEffort(from, to))

/**
 * What a leg that knows these codecs should be asked to speak, so that the other one hears it without a conversion over samples: the
 * other's own choice, or else all that would do. Empty where it speaks so already, or knows nothing of the kind.
 */
export const codecsToMeet = (
  speaker: NegotiatedMedia,
  known: readonly CodecName[],
  listener: NegotiatedMedia,
): readonly CodecName[] => {
  const target = routeCodec(speaker.codec, listener)
  if (target !== undefined && isCheap(speaker.codec, target.codec)) return []
  // A phone that was offered more would put them in its own order again.
  if (known.includes(listener.codec)) return [listener.codec]
  return known.filter((codec) => listener.accepted.some((accepted) => isCheap(codec, accepted.codec)))
}

/** What becomes of one payload type on its way to the other leg. */
export interface PayloadRoute {
  readonly from: number
  readonly to: number
  /** Absent where the payload crosses as it is. */
  readonly conversion?: { readonly from: CodecName; readonly to: CodecName }
}

/**
 * How a key pressed at one leg gets to the other. `packets`: its telephone events cross as they are. `anew`: it is understood, and sent in
 * the form that the other takes; it must not sound there as well. `sound`: it is heard there like anything else.
 */
export type DigitRoute = 'packets' | 'anew' | 'sound'

export const routeDigits = (from: NegotiatedMedia, to: NegotiatedMedia): DigitRoute => {
  const [sends, takes] = [from.dtmfPayloadType !== undefined, to.dtmfPayloadType !== undefined]
  if (!sends && !takes) return 'sound'
  // Durations count in the audio's clock, so events can only cross between legs of one rate.
  return sends && takes && from.clockRate === to.clockRate ? 'packets' : 'anew'
}

/**
 * What each payload type of a leg's packets stands for: the number that we gave it. Many send by their own number instead; that
 * is understood, too, unless it is one of ours.
 */
export const readPayloadTypes = (media: NegotiatedMedia): ReadonlyMap<number, number> => {
  const meanings = new Map<number, number>()
  // Negotiated or not: it is not lost, and is counted.
  if (media.clockRate === comfortNoise.clockRate) meanings.set(comfortNoise.payloadType, comfortNoise.payloadType)
  const { accepted, dtmfPayloadType: theirs, dtmfReceivedAs = theirs } = media
  const pairs = accepted.map(({ payloadType, receivedAs = payloadType }) => [payloadType, receivedAs] as const)
  const all =
    theirs === undefined || dtmfReceivedAs === undefined ? pairs : [...pairs, [theirs, dtmfReceivedAs] as const]
  for (const [payloadType, receivedAs] of all) meanings.set(payloadType, receivedAs)
  for (const [, receivedAs] of all) meanings.set(receivedAs, receivedAs)
  return meanings
}

/** The ways of all payload types that one leg may send to another, the likeliest first; the rest is dropped. */
export const routePayloads = (from: NegotiatedMedia, to: NegotiatedMedia): readonly PayloadRoute[] => {
  const routes: PayloadRoute[] = []
  for (const { codec, payloadType, receivedAs = payloadType } of from.accepted) {
    const target = routeCodec(codec, to)
    if (target === undefined) continue
    const conversion = target.codec === codec ? {} : { conversion: { from: codec, to: target.codec } }
    routes.push({ from: receivedAs, to: target.payloadType, ...conversion })
  }
  if (from.dtmfPayloadType !== undefined && to.dtmfPayloadType !== undefined && routeDigits(from, to) === 'packets') {
    const receivedAs = from.dtmfReceivedAs ?? from.dtmfPayloadType
    routes.push({ from: receivedAs, to: to.dtmfPayloadType })
  }
  if (to.comfortNoise === true && from.clockRate === to.clockRate) {
    const { payloadType } = comfortNoise
    routes.push({ from: payloadType, to: payloadType })
  }
  return routes
}

/** The leg's own choice if we can make sound in it, else another that it accepted. */
export const playableCodec = (media: NegotiatedMedia): NegotiatedCodec | undefined =>
  [media, ...media.accepted].find(({ codec }) => isPlayable(codec))
