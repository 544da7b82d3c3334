import { type CodecName, codecs } from '../../src/media/codec.ts'
import type { NegotiatedMedia } from '../../src/media/negotiated-media.ts'
import { RelayEndpoint } from '../../src/media/relay-endpoint.ts'
import { SoundPacer } from '../../src/media/sound-pacer.ts'
import type { Source } from '../../src/media/source.ts'
import { MemoryPair } from './memory-ports.ts'
import { createSeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface RtpStream {
  /** `HOST:PORT` that it comes from. */
  readonly from: string
  ssrc: number
  sequence: number
  timestamp: number
}

/** Endpoints of one relay in virtual time, on ports without a network. */
export class RelayScene {
  readonly clock = new VirtualClock()
  readonly random = createSeededRandom(7)
  readonly pacer = new SoundPacer(this.clock)
  readonly legs: SceneLeg[] = []

  leg(codec: CodecName = 'PCMA'): SceneLeg {
    const leg = new SceneLeg(this, this.legs.length + 1, codec)
    this.legs.push(leg)
    return leg
  }

  /** Lets time pass as the relay has it: every leg is looked at each 100 ms. */
  async passes(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 20) {
      await this.clock.advance(Math.min(20, left))
      if (Math.round(this.clock.monotonic()) % 100 !== 0) continue
      for (const leg of this.legs) {
        leg.endpoint.look(this.clock.monotonic())
        if (leg.endpoint.rtcp.nextReportAt <= this.clock.monotonic()) leg.endpoint.rtcp.report()
      }
    }
  }

  /** These streams speak at the same time, a packet each 20 ms. */
  async speak(milliseconds: number, ...speakers: readonly (readonly [SceneLeg, RtpStream, number?])[]): Promise<void> {
    for (let at = 0; at < milliseconds; at += 20) {
      for (const [leg, stream, byte] of speakers) leg.arrives(stream, byte)
      await this.passes(20)
    }
  }
}

export class SceneLeg {
  readonly endpoint: RelayEndpoint
  readonly pair: MemoryPair
  readonly codec: CodecName
  told = 0
  readonly silences: boolean[] = []
  /** Keys that were pressed at this leg, as `5 100`. */
  readonly digits: string[] = []

  constructor({ clock, random, pacer }: RelayScene, id: number, codec: CodecName) {
    this.codec = codec
    this.pair = new MemoryPair(20_000 + 2 * id)
    this.endpoint = new RelayEndpoint({
      id,
      pair: this.pair,
      clock,
      random,
      pacer,
      onMedia: () => this.told++,
      onDtmf: (_, digit, milliseconds) => this.digits.push(`${digit} ${milliseconds}`),
      onSilent: (_, suppressesSilence) => this.silences.push(suppressesSilence),
    })
  }

  /** An offer or answer names this address, `HOST:PORT`. */
  says(address: string, signallingHost?: string, more: Partial<NegotiatedMedia> = {}): void {
    const [host, port] = splitAddress(address)
    const { payloadType, clockRate } = codecs[this.codec]
    this.endpoint.setRemote(
      {
        codec: this.codec,
        payloadType,
        clockRate,
        accepted: [{ codec: this.codec, payloadType }],
        remote: { host, port, rtcpPort: port + 1 },
        ptime: 20,
        direction: 'sendrecv',
        ...more,
      },
      signallingHost,
    )
  }

  stream(from: string, ssrc = 0x1000 + Math.round(splitAddress(from)[1])): RtpStream {
    return { from, ssrc, sequence: (ssrc * 7) & 0xffff, timestamp: ssrc * 1000 }
  }

  /** The next packet of a stream; `payload`: each of its 160 octets, or all of them. */
  arrives(stream: RtpStream, payload: number | Uint8Array = 0x12, payloadType = codecs[this.codec].payloadType): void {
    const sound = typeof payload === 'number' ? new Uint8Array(160).fill(payload) : payload
    const packet = Buffer.alloc(12 + sound.length)
    packet[0] = 0x80
    packet[1] = payloadType
    packet.writeUInt16BE(stream.sequence++ & 0xffff, 2)
    packet.writeUInt32BE(stream.timestamp >>> 0, 4)
    packet.writeUInt32BE(stream.ssrc >>> 0, 8)
    packet.set(sound, 12)
    stream.timestamp += 160
    this.pair.rtp.arrives(packet, ...splitAddress(stream.from))
  }

  /** What was sent to this leg since the last question. */
  hears(): readonly { readonly packet: Buffer; readonly to: string }[] {
    return this.pair.rtp.sent.splice(0)
  }
}

export const splitAddress = (address: string): [string, number] => {
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon), Number(address.slice(colon + 1))]
}

interface Hearer<Leg> {
  hear(source: Source<Leg>): unknown
}

/** Each hears the other. */
export const join = <Leg extends Hearer<Leg>>(one: Leg, other: Leg): void => {
  one.hear({ kind: 'legs', legs: [other] })
  other.hear({ kind: 'legs', legs: [one] })
}
