/**
 * - `malformed`: not SDP, or SDP that contradicts itself.
 * - `no-audio`: no audio stream over RTP/AVP.
 * - `no-common-codec`: audio, but in none of the codecs allowed.
 * - `unsupported-address`: where to send is not a literal IP address of our socket's family.
 */
export type SdpErrorCode = 'malformed' | 'no-audio' | 'no-common-codec' | 'unsupported-address'

export interface SdpError {
  readonly ok: false
  readonly code: SdpErrorCode
  readonly message: string
  /** What an offer that fails so is answered with. */
  readonly sipStatus: 400 | 488
}

export const malformed = (reason: string): SdpError => ({
  ok: false,
  code: 'malformed',
  message: `malformed SDP: ${reason}`,
  sipStatus: 400,
})

export const refused = (code: Exclude<SdpErrorCode, 'malformed'>, message: string): SdpError => ({
  ok: false,
  code,
  message,
  sipStatus: 488,
})
