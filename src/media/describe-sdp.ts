import { isIP } from 'node:net'
import { systemRandom } from '../random.ts'
import { codecs } from './codec.ts'
import type { EndpointAddress } from './media-endpoint.ts'
import type { MediaDirection, NegotiatedCodec } from './negotiated-media.ts'

export interface DescriptionOptions {
  /** Identifies the session for its whole life, digits (RFC 4566 section 5.2); a random one if absent. */
  readonly sessionId?: string
  /** Grows by one with each changed description of the same session; 1 if absent. */
  readonly version?: number
  readonly direction?: MediaDirection
  /** Milliseconds of audio per packet that we ask for; 20 if absent. */
  readonly ptime?: number
}

/** Our audio stream, as one m= section. */
export interface AudioStream {
  readonly protocol: string
  readonly codecs: readonly NegotiatedCodec[]
  readonly events: readonly { readonly clockRate: number; readonly payloadType: number }[]
}

/** A stream of theirs that we do not take: named again, with port 0 (RFC 3264 section 6). */
export interface RefusedStream {
  readonly type: string
  readonly protocol: string
  readonly formats: readonly string[]
}

/** A session description with these streams, in this order. */
export const describeSession = (
  endpoint: EndpointAddress,
  options: DescriptionOptions,
  streams: readonly (AudioStream | RefusedStream)[],
): string => {
  const { sessionId = systemRandom.bytes(6).readUIntBE(0, 6).toString(), version = 1 } = options
  const family = isIP(endpoint.host) === 6 ? 'IP6' : 'IP4'
  const lines = [
    'v=0',
    `o=- ${sessionId} ${version} IN ${family} ${endpoint.host}`,
    's=-',
    `c=IN ${family} ${endpoint.host}`,
    't=0 0',
  ]
  for (const stream of streams) {
    if ('codecs' in stream) describeAudio(lines, endpoint, options, stream)
    else lines.push(`m=${stream.type} 0 ${stream.protocol} ${stream.formats.join(' ') || '0'}`)
  }
  return `${lines.join('\r\n')}\r\n`
}

const describeAudio = (
  lines: string[],
  endpoint: EndpointAddress,
  { direction = 'sendrecv', ptime = 20 }: DescriptionOptions,
  { protocol, codecs: formats, events }: AudioStream,
): void => {
  const payloadTypes = [...formats, ...events].map(({ payloadType }) => payloadType)
  lines.push(`m=audio ${endpoint.port} ${protocol} ${payloadTypes.join(' ')}`)
  for (const { codec, payloadType } of formats) {
    const { clockRate, channels, parameters } = codecs[codec]
    lines.push(`a=rtpmap:${payloadType} ${codec}/${clockRate}${channels === 1 ? '' : `/${channels}`}`)
    if (parameters !== undefined) lines.push(`a=fmtp:${payloadType} ${parameters}`)
  }
  for (const { payloadType, clockRate } of events) {
    // Sixteen events: the keys of a telephone and A to D (RFC 4733 section 3.2).
    lines.push(`a=rtpmap:${payloadType} telephone-event/${clockRate}`, `a=fmtp:${payloadType} 0-15`)
  }
  lines.push(`a=ptime:${ptime}`, `a=rtcp:${endpoint.port + 1}`, `a=${direction}`)
}
