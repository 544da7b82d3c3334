import { isIP } from 'node:net'
import { classifyAddress } from '../ip-address.ts'
import { codecs, comfortNoise } from './codec.ts'
import type { EndpointAddress } from './media-endpoint.ts'
import type { MediaDirection, NegotiatedCodec, RemoteAddress } from './negotiated-media.ts'
import type { SdpSession, SdpStream } from './parse-sdp.ts'
import { malformed, refused, type SdpError } from './sdp-error.ts'

/** Plain RTP; AVPF only adds feedback that we need not send (RFC 4585 section 3.1 forbids answering it as AVP, so it is kept). */
export const isUsableAudio = (stream: SdpStream): boolean =>
  stream.type === 'audio' && stream.port > 0 && stream.port < 65_536 && /^RTP\/AVPF?$/i.test(stream.protocol)

/** A payload type's meaning: `8 PCMA/8000`, in whatever case and spacing; the clock rate may be missing. */
interface RtpMap {
  readonly name: string
  readonly clockRate: number | undefined
}

/** RFC 3551 section 6 and table 4; the codecs that we know have these numbers where no rtpmap says otherwise. */
const staticMaps: ReadonlyMap<number, RtpMap> = new Map(
  Object.values(codecs)
    .filter(({ payloadType }) => payloadType < 96)
    .map(({ payloadType, name, clockRate }) => [payloadType, { name: name.toLowerCase(), clockRate }]),
)

type Payloads = ReadonlyMap<number, RtpMap | undefined>

/** Several questions are asked of each stream. */
const payloadsOf = new WeakMap<SdpStream, Payloads>()

/** The listed payload types, each once and in order, with what they stand for. */
const readPayloads = (stream: SdpStream): Payloads => {
  const payloads = payloadsOf.get(stream) ?? parsePayloads(stream)
  payloadsOf.set(stream, payloads)
  return payloads
}

const parsePayloads = (stream: SdpStream): Payloads => {
  const maps = new Map<number, RtpMap>()
  for (const value of stream.attributes.get('rtpmap') ?? []) {
    const [, payloadType, name, clockRate] = /^(\d{1,3})\s+([^\s/]+)\s*(?:\/\s*(\d{1,6}))?/.exec(value) ?? []
    if (name === undefined) continue
    const map = { name: name.toLowerCase(), clockRate: clockRate === undefined ? undefined : Number(clockRate) }
    maps.set(Number(payloadType), map)
  }
  const listed = stream.formats.filter((format) => /^\d{1,3}$/.test(format) && Number(format) < 128).map(Number)
  return new Map(listed.map((payloadType) => [payloadType, maps.get(payloadType) ?? staticMaps.get(payloadType)]))
}

/** The codecs that we know, in their order. */
export const readCodecs = (stream: SdpStream): NegotiatedCodec[] => {
  const found = new Map<string, NegotiatedCodec>()
  for (const [payloadType, map] of readPayloads(stream)) {
    const codec = Object.values(codecs).find(({ name }) => name.toLowerCase() === map?.name)
    if (codec === undefined || found.has(codec.name)) continue
    // G.722 is written with the rate that it samples at by some, against RFC 3551 section 4.5.2.
    const rates = [undefined, codec.clockRate, ...(codec.name === 'G722' ? [16_000] : [])]
    if (rates.includes(map?.clockRate)) found.set(codec.name, { codec: codec.name, payloadType })
  }
  return [...found.values()]
}

/** Payload type of telephone events at this clock rate. */
export const readEvents = (stream: SdpStream, clockRate: number): number | undefined => {
  for (const [payloadType, map] of readPayloads(stream)) {
    if (map?.name === 'telephone-event' && (map.clockRate ?? 8000) === clockRate) return payloadType
  }
  return undefined
}

export const takesComfortNoise = (stream: SdpStream): boolean => readPayloads(stream).has(comfortNoise.payloadType)

/** What the codecs of a stream are called, for an error message. */
export const describeFormats = (stream: SdpStream): string =>
  [...readPayloads(stream)].map(([payloadType, map]) => map?.name ?? `payload type ${payloadType}`).join(', ') ||
  'nothing'

/** Where a stream is to be sent: its own `c=` line outranks the session's (RFC 4566 section 5.7). */
export const connectionHost = (session: SdpSession, stream: SdpStream): string | undefined =>
  stream.host ?? session.host

/** Why we do not send to an address; undefined where we do. */
export type RefuseTarget = (address: { readonly host: string; readonly port: number }) => string | undefined

export const readRemote = (
  session: SdpSession,
  stream: SdpStream,
  endpoint: EndpointAddress,
  refuse: RefuseTarget = () => undefined,
): { ok: true; address: RemoteAddress } | SdpError => {
  const host = connectionHost(session, stream)
  if (host === undefined) return malformed('no c= line')
  if (isIP(host) === 0) return refused('unsupported-address', `no IP address was found for "${host.slice(0, 64)}"`)
  if (isIP(host) !== (isIP(endpoint.host) || 4))
    return refused('unsupported-address', `${host} is not of our address family`)
  if (isOfMany(host)) return refused('unsupported-address', `${host} is not the address of one host`)
  // `a=rtcp:4001` or `a=rtcp:4001 IN IP4 192.0.2.1` (RFC 3605); the address is not followed.
  const told = Number.parseInt(stream.attributes.get('rtcp')?.[0] ?? '', 10)
  const rtcpPort = Number.isNaN(told) ? stream.port + 1 : told
  const isPort = rtcpPort > 0 && rtcpPort < 65_536
  const address = { host, port: stream.port, rtcpPort: isPort ? rtcpPort : stream.port }
  if (isHold(host)) return { ok: true, address }
  const refusal = refuse(address) ?? refuse({ host, port: address.rtcpPort })
  if (refusal !== undefined) {
    return refused(
      'unsupported-address',
      `we do not send media to ${host}:${address.port}, which is of another: ${refusal}`,
    )
  }
  return { ok: true, address }
}

/** RFC 2543's way to hold: an address that nobody has. */
const isHold = (host: string | undefined): boolean => host === '0.0.0.0' || host === '::'

/** We would be made to send a stream to many. */
const isOfMany = (host: string): boolean => {
  const addressClass = classifyAddress(host)
  return addressClass === 'multicast' || addressClass === 'broadcast'
}

/** Milliseconds; what is not between 10 and 200 is taken for the usual 20. */
export const readPtime = (stream: SdpStream): number => {
  const ptime = Number(stream.attributes.get('ptime')?.[0])
  return ptime >= 10 && ptime <= 200 ? ptime : 20
}

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const

export const readDirection = (session: SdpSession, stream: SdpStream): MediaDirection => {
  // RFC 3264 section 8.4: the old way to hold.
  if (isHold(connectionHost(session, stream))) return 'inactive'
  const told = ({ attributes }: SdpSession | SdpStream) => directions.find((direction) => attributes.has(direction))
  return told(stream) ?? told(session) ?? 'sendrecv'
}
