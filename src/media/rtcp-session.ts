import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import type { Reception } from './reception.ts'
import { compactNtp, readReport, writeReport } from './rtcp.ts'
import type { PortPair } from './socket-pair.ts'
import type { SourceLatch } from './source-latch.ts'

/** RFC 3550 section 6.2: the minimum interval, and the compensation of section 6.3.1 for its randomisation. */
const intervalMilliseconds = 5000
const compensation = Math.E - 1.5

export interface RtcpSessionParts {
  readonly pair: PortPair
  readonly clock: Clock
  readonly random: Random
}

export interface RemoteReception {
  readonly packetsLost: number
  readonly jitterMilliseconds: number
  readonly roundTripMilliseconds?: number
}

/** The reports between one leg and us. */
export class RtcpSession {
  /** Monotonic milliseconds; Infinity until there is someone to report to. */
  nextReportAt = Number.POSITIVE_INFINITY
  remote: RemoteReception | undefined
  /** Reports of theirs: who sends them is there, also while nothing is said. */
  received = 0
  readonly #parts: RtcpSessionParts
  readonly #outgoing: OutgoingStream
  readonly #reception: Reception
  /** Where reports go. */
  #host = ''
  #port = 0
  /** Where the SDP says that reports are received; they are taken from there, whoever was heard before. */
  #saidHost = ''
  #saidPort = 0
  /** Reports came from there: then they are taken from no other port. */
  #isProven = false
  #clockRate = 8000
  #lastSenderReport = 0
  #lastSenderReportAt = 0
  /** Packets sent when the last two reports went out. */
  #sentBefore = [0, 0]
  #spoken = false

  constructor(parts: RtcpSessionParts, outgoing: OutgoingStream, reception: Reception) {
    this.#parts = parts
    this.#outgoing = outgoing
    this.#reception = reception
  }

  /** An offer or answer came. `latch` has heard it already. */
  setRemote(media: NegotiatedMedia, latch: SourceLatch): void {
    this.#clockRate = media.clockRate
    // The first report comes after half the interval (section 6.2).
    if (this.nextReportAt === Number.POSITIVE_INFINITY) this.#schedule(intervalMilliseconds / 2)
    // RTP comes from elsewhere than the SDP says, and so do reports.
    if (latch.state === 'learnt') return
    if (this.#saidHost === latch.host && this.#saidPort === media.remote.rtcpPort) return
    this.#saidHost = latch.host
    this.#saidPort = media.remote.rtcpPort
    this.#reportTo(this.#saidHost, this.#saidPort)
  }

  /** RTP is believed to come from here now. Unless the SDP says so: behind a translator, reports find their way there too. */
  follow(host: string, port: number, isSaid: boolean): void {
    if (isSaid) this.#reportTo(this.#saidHost, this.#saidPort)
    else this.#reportTo(host, port + 1)
  }

  /** Reports are taken from where the SDP says, or, until one came from there, from any port of the host that RTP comes from. */
  readonly receive = (packet: Buffer, host: string, port: number): void => {
    const isSaid = host === this.#saidHost && port === this.#saidPort
    if (!isSaid && (this.#isProven || host !== this.#host)) return
    const report = readReport(packet, this.#outgoing.ssrc)
    if (report === undefined) return
    this.received++
    this.#isProven = isSaid
    this.#host = host
    this.#port = port
    const { clock } = this.#parts
    if (report.senderReport !== undefined) {
      this.#lastSenderReport = report.senderReport
      this.#lastSenderReportAt = clock.monotonic()
    }
    const { about } = report
    if (about === undefined) return
    // Section 6.4.1: arrival less what they held it, less when we sent it, modulo 2^32, in 65,536ths of a second.
    const trip =
      about.lastSenderReport === 0 ? -1 : (compactNtp(clock.now()) - about.delay - about.lastSenderReport) | 0
    this.remote = {
      packetsLost: about.packetsLost,
      jitterMilliseconds: (about.jitter * 1000) / this.#clockRate,
      ...(trip >= 0 ? { roundTripMilliseconds: (trip * 1000) / 0x10000 } : {}),
    }
  }

  /** Sends the report that is due. */
  report(): void {
    this.#send(false)
    this.#schedule(intervalMilliseconds)
  }

  /** Only if the other side has heard of us (section 6.3.7). */
  sayGoodbye(): void {
    if (this.#spoken || this.#outgoing.packets > 0) this.#send(true)
    this.nextReportAt = Number.POSITIVE_INFINITY
  }

  #send(goodbye: boolean): void {
    if (this.#port === 0 || this.#host === '' || this.#host === '0.0.0.0' || this.#host === '::') return
    const { clock, pair } = this.#parts
    const now = clock.monotonic()
    const { packets, octets, ssrc } = this.#outgoing
    // A sender is who has sent within the last two intervals (section 6.4).
    const isSender = packets > (this.#sentBefore[0] ?? 0)
    this.#sentBefore = [this.#sentBefore[1] ?? 0, packets]
    const reception = this.#reception.report()
    const heard = this.#lastSenderReport !== 0
    this.#spoken = true
    pair.rtcp.sendTo(
      writeReport({
        ssrc,
        // Unique and the same for the life of the stream, and says nothing of who we are (RFC 7022 section 4.2).
        canonicalName: (ssrc >>> 0).toString(36),
        ...(isSender
          ? { sender: { now: clock.now(), timestamp: this.#outgoing.timestampAt(now), packets, octets } }
          : {}),
        ...(reception === undefined
          ? {}
          : {
              reception: {
                ...reception,
                lastSenderReport: this.#lastSenderReport,
                delay: heard ? Math.round(((now - this.#lastSenderReportAt) * 0x10000) / 1000) : 0,
              },
            }),
        goodbye,
      }),
      this.#host,
      this.#port,
    )
  }

  #reportTo(host: string, port: number): void {
    this.#host = host
    this.#port = port
    this.#isProven = false
  }

  #schedule(interval: number): void {
    const { clock, random } = this.#parts
    const draw = random.bytes(2).readUInt16LE() / 0x10000
    this.nextReportAt = clock.monotonic() + (interval * (0.5 + draw)) / compensation
  }
}
