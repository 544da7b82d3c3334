import { type CodecName, isG711 } from './codec.ts'
import type { NegotiatedCodec, NegotiatedMedia } from './negotiated-media.ts'

/** How audio in `codec` is sent to a leg: as which of its codecs; undefined if it cannot be. */
export const routeCodec = (codec: CodecName, to: NegotiatedMedia): NegotiatedCodec | undefined => {
  if (codec === to.codec) return to
  // A conversion costs a table look-up a sample; a change of codec in mid-stream costs some phones their voice.
  if (isG711(codec) && isG711(to.codec)) return to
  return to.accepted.find((accepted) => accepted.codec === codec)
}

/** Whether `listener` can be sent what `speaker` prefers to send. */
export const canHear = (listener: NegotiatedMedia, speaker: NegotiatedMedia): boolean =>
  routeCodec(speaker.codec, listener) !== undefined
