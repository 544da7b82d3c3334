import type { FarSide } from './map-sip-status.ts'

/**
 * How long a trunk may stay silent: then another one takes the call, if there is one, and this one counts as down. The first copies
 * of an INVITE go out at 0, 0.5, 1.5 and 3.5 s: the caller should not wait for timer B to know.
 */
const trunkSilenceMilliseconds = 4000

/**
 * How long a registered phone may stay silent: by then four copies of the INVITE were lost or had nobody to read them. It gets a
 * little longer than a carrier, because phones sleep.
 */
const phoneSilenceMilliseconds = 8000

/**
 * How long phones may stay silent where another phone of the line has answered for it, with busy or a refusal: by then three copies
 * of the INVITE had nobody to read them, and the caller should not wait for a phone that is switched off.
 */
export const hurriedSilenceMilliseconds = 2000

/** After how long without any response a phone, or a carrier, counts as silent. */
export const silenceLimit = (farSide: FarSide): number =>
  farSide === 'line' ? phoneSilenceMilliseconds : trunkSilenceMilliseconds
