import { isIP } from 'node:net'
import { type MediaDescription, parse, type SessionDescription } from 'sdp-transform'
import { codecs, comfortNoise } from './codec.ts'
import type { EndpointAddress } from './media-endpoint.ts'
import type { MediaDirection, NegotiatedCodec, RemoteAddress } from './negotiated-media.ts'
import { malformed, refused, type SdpError } from './sdp-error.ts'

export type ParsedSdp = { readonly ok: true; readonly session: SessionDescription } | SdpError

/** Longer bodies are no phone's; the parser is not asked. */
const maximumLength = 16_384

/** SDP as data. Whatever the bytes, the result is a value. */
export const parseSdp = (text: string): ParsedSdp => {
  if (text.length > maximumLength) return malformed(`longer than ${maximumLength} characters`)
  if (!/^v=0\r?\n/.test(text)) return malformed('the first line is not v=0')
  let session: SessionDescription
  try {
    session = parse(text)
  } catch (error) {
    return malformed(error instanceof Error ? error.message : 'unreadable')
  }
  if (!session.origin) return malformed('no o= line')
  if (!Array.isArray(session.media) || session.media.length === 0) return malformed('no m= line')
  // An m= line that the parser could not take apart is there all the same, empty.
  if (
    session.media.some(({ type, port, protocol }) => type === undefined || port === undefined || protocol === undefined)
  ) {
    return malformed('an m= line is unreadable')
  }
  return { ok: true, session }
}

/** Plain RTP; AVPF only adds feedback that we need not send (RFC 4585 section 3.1 forbids answering it as AVP, so it is kept). */
export const isUsableAudio = (media: MediaDescription): boolean =>
  media.type === 'audio' && media.port > 0 && media.port < 65_536 && /^RTP\/AVPF?$/i.test(media.protocol)

const payloadTypesOf = (media: MediaDescription): number[] =>
  // The parser makes numbers of what looks like one: a lone payload type, an address of one digit, a codec's name.
  String(media.payloads ?? '')
    .split(' ')
    .filter((text) => /^\d{1,3}$/.test(text))
    .map(Number)
    .filter((payloadType) => payloadType < 128)

/** The codecs that we know, in their order. Static payload types need no rtpmap (RFC 3551 section 6). */
export const readCodecs = (media: MediaDescription): NegotiatedCodec[] => {
  const found: NegotiatedCodec[] = []
  for (const payloadType of payloadTypesOf(media)) {
    const map = media.rtp.find(({ payload }) => payload === payloadType)
    const codec = Object.values(codecs).find(({ name, clockRate, payloadType: fixed }) =>
      map === undefined
        ? fixed === payloadType && fixed < 96
        : String(map.codec).toLowerCase() === name.toLowerCase() && map.rate === clockRate,
    )
    if (codec && !found.some((earlier) => earlier.codec === codec.name)) found.push({ codec: codec.name, payloadType })
  }
  return found
}

export const readEvents = (media: MediaDescription, clockRate: number): number | undefined => {
  const listed = payloadTypesOf(media)
  return media.rtp.find(
    ({ codec, rate, payload }) =>
      String(codec).toLowerCase() === 'telephone-event' && (rate ?? 8000) === clockRate && listed.includes(payload),
  )?.payload
}

export const takesComfortNoise = (media: MediaDescription): boolean =>
  payloadTypesOf(media).includes(comfortNoise.payloadType)

export const readRemote = (
  session: SessionDescription,
  media: MediaDescription,
  endpoint: EndpointAddress,
): { ok: true; address: RemoteAddress } | SdpError => {
  const connection = media.connection ?? session.connection
  if (connection === undefined) return malformed('no c= line')
  // A multicast address may carry a TTL behind a slash; the rest is the address.
  const host = String(connection.ip).split('/')[0] ?? ''
  if (isIP(host) === 0) return refused('unsupported-address', `${host} is not an IP address`)
  if (isIP(host) !== (isIP(endpoint.host) || 4))
    return refused('unsupported-address', `${host} is not of our address family`)
  if (isMulticastOrBroadcast(host)) return refused('unsupported-address', `${host} is not the address of one host`)
  const rtcp = media.rtcp?.port ?? media.port + 1
  return { ok: true, address: { host, port: media.port, rtcpPort: rtcp > 0 && rtcp < 65_536 ? rtcp : media.port } }
}

/** We would be made to send a stream to many. 0.0.0.0 stays: it is RFC 2543's way to hold. */
const isMulticastOrBroadcast = (host: string): boolean =>
  /^(22[4-9]|23\d)\./.test(host) || host === '255.255.255.255' || /^ff/i.test(host)

export const readPtime = (media: MediaDescription): number => {
  const ptime = Number(media.ptime)
  return ptime >= 10 && ptime <= 200 ? ptime : 20
}

export const readDirection = (session: SessionDescription, media: MediaDescription): MediaDirection => {
  const connection = media.connection ?? session.connection
  // RFC 3264 section 8.4: the old way to hold.
  if (connection?.ip === '0.0.0.0') return 'inactive'
  return media.direction ?? session.direction ?? 'sendrecv'
}
