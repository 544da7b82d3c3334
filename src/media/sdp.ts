import { type CodecName, codecs, comfortNoise, eventPayloadTypes } from './codec.ts'
import { type DescriptionOptions, describeSession } from './describe-sdp.ts'
import type { EndpointAddress } from './media-endpoint.ts'
import type { MediaDirection, NegotiatedCodec, NegotiatedMedia } from './negotiated-media.ts'
import { parseSdp, type SdpSession, type SdpStream } from './parse-sdp.ts'
import {
  describeFormats,
  isUsableAudio,
  type RefuseTarget,
  readCodecs,
  readDirection,
  readEvents,
  readPtime,
  readRemote,
  takesComfortNoise,
} from './read-stream.ts'
import { refused, type SdpError } from './sdp-error.ts'

export interface AnswerOptions extends DescriptionOptions {
  /** What we can take, the most wanted first. */
  readonly codecs: readonly CodecName[]
  /** Asked about where the other side wants to be sent to; it may name anything. */
  readonly refuse?: RefuseTarget
  /** Whose order decides which codec is chosen; theirs if absent (RFC 3264 section 6.1). */
  readonly preference?: 'theirs' | 'ours'
}

export type Negotiation = { readonly ok: true; readonly negotiated: NegotiatedMedia } | SdpError
export type Answer = { readonly ok: true; readonly sdp: string; readonly negotiated: NegotiatedMedia } | SdpError
/** Our offer: one audio stream, the codecs in order of preference, telephone events at their clock rates. */
export const createOffer = (
  endpoint: EndpointAddress,
  offered: readonly CodecName[],
  options: DescriptionOptions = {},
): string => {
  const rates = new Set(offered.map((name) => codecs[name].clockRate))
  const events = [...eventPayloadTypes].filter(([rate]) => rates.has(rate))
  return describeSession(endpoint, options, [
    {
      protocol: 'RTP/AVP',
      codecs: offered.map((name) => ({ codec: name, payloadType: codecs[name].payloadType })),
      events: events.map(([clockRate, payloadType]) => ({ clockRate, payloadType })),
    },
  ])
}

/** What their answer to our offer of the `offered` codecs agreed on. */
export const acceptAnswer = (
  answer: string,
  offered: readonly CodecName[],
  endpoint: EndpointAddress,
  refuse?: RefuseTarget,
): Negotiation => {
  const parsed = parseSdp(answer)
  if (!parsed.ok) return parsed
  // An answer keeps the offer's order of codecs by its own preference; its first is what it will send (RFC 3264 section 6.1).
  const negotiation = negotiate(parsed.session, offered, 'theirs', endpoint, refuse)
  return negotiation.ok ? { ok: true, negotiated: receivedAsOffered(negotiation.negotiated) } : negotiation
}

/** Where their answer numbers something otherwise than our offer did, they send it as ours says. */
const receivedAsOffered = (media: NegotiatedMedia): NegotiatedMedia => {
  const renumber = <T extends NegotiatedCodec>(format: T): T => {
    const receivedAs = codecs[format.codec].payloadType
    return receivedAs === format.payloadType ? format : { ...format, receivedAs }
  }
  const { dtmfPayloadType } = media
  const ours = dtmfPayloadType === undefined ? undefined : eventPayloadTypes.get(media.clockRate)
  const events = ours === undefined || ours === dtmfPayloadType ? {} : { dtmfReceivedAs: ours }
  return { ...renumber(media), accepted: media.accepted.map(renumber), ...events }
}

/** Our answer to their offer; every stream but the one that is taken is refused with port 0 (RFC 3264 section 6). */
export const answerOffer = (endpoint: EndpointAddress, offer: string, options: AnswerOptions): Answer => {
  const parsed = parseSdp(offer)
  if (!parsed.ok) return parsed
  const { session } = parsed
  const negotiation = negotiate(session, options.codecs, options.preference ?? 'theirs', endpoint, options.refuse)
  if (!negotiation.ok) return negotiation
  const { negotiated } = negotiation
  const chosen = chooseStream(session, options.codecs)
  const direction = answerDirection(negotiated.direction, options.direction ?? 'sendrecv')
  const { dtmfPayloadType, clockRate, accepted } = negotiated
  const events = dtmfPayloadType === undefined ? [] : [{ clockRate, payloadType: dtmfPayloadType }]
  const streams = session.streams.map((stream) =>
    stream === chosen ? { protocol: stream.protocol, codecs: accepted, events } : stream,
  )
  return { ok: true, sdp: describeSession(endpoint, { ...options, direction }, streams), negotiated }
}

/** The first audio stream with a codec that we allow; some offer a second one in other codecs. */
const chooseStream = (session: SdpSession, allowed: readonly CodecName[]): SdpStream | undefined => {
  const usable = session.streams.filter(isUsableAudio)
  return usable.find((stream) => readCodecs(stream).some(({ codec }) => allowed.includes(codec))) ?? usable[0]
}

const negotiate = (
  session: SdpSession,
  allowed: readonly CodecName[],
  preference: 'theirs' | 'ours',
  endpoint: EndpointAddress,
  refuse: RefuseTarget | undefined,
): Negotiation => {
  const stream = chooseStream(session, allowed)
  if (stream === undefined) return refused('no-audio', 'the description has no audio stream over RTP/AVP')
  const theirs = readCodecs(stream).filter(({ codec }) => allowed.includes(codec))
  const accepted =
    preference === 'theirs'
      ? theirs
      : theirs.toSorted((one, other) => allowed.indexOf(one.codec) - allowed.indexOf(other.codec))
  const [chosen] = accepted
  if (chosen === undefined) {
    const reason = `the other side speaks ${describeFormats(stream)}; we allow ${allowed.join(', ')}`
    return refused('no-common-codec', reason)
  }
  const remote = readRemote(session, stream, endpoint, refuse)
  if (!remote.ok) return remote
  const { clockRate } = codecs[chosen.codec]
  const events = readEvents(stream, clockRate)
  return {
    ok: true,
    negotiated: {
      ...chosen,
      clockRate,
      accepted: accepted.filter(({ codec }) => codecs[codec].clockRate === clockRate),
      ...(events === undefined ? {} : { dtmfPayloadType: events }),
      ...(takesComfortNoise(stream) && clockRate === comfortNoise.clockRate ? { comfortNoise: true } : {}),
      remote: remote.address,
      ptime: readPtime(stream),
      direction: readDirection(session, stream),
    },
  }
}

/** RFC 3264 section 6.1: the answer may not ask for more than the offer gives. */
const answerDirection = (offered: MediaDirection, wanted: MediaDirection): MediaDirection => {
  const maySend = (offered === 'sendrecv' || offered === 'recvonly') && (wanted === 'sendrecv' || wanted === 'sendonly')
  const mayReceive =
    (offered === 'sendrecv' || offered === 'sendonly') && (wanted === 'sendrecv' || wanted === 'recvonly')
  if (maySend) return mayReceive ? 'sendrecv' : 'sendonly'
  return mayReceive ? 'recvonly' : 'inactive'
}
