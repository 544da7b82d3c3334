import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import { readPayloadTypes } from './codec-route.ts'
import { DigitSender } from './digit-sender.ts'
import type { EndpointStatistics } from './endpoint-statistics.ts'
import type { WriteSound } from './frame-writer.ts'
import { ListenerRoutes } from './listener-routes.ts'
import type { NegotiatedCodec, NegotiatedMedia } from './negotiated-media.ts'
import { OutgoingStream } from './outgoing-stream.ts'
import { OwnSound } from './own-sound.ts'
import { isPcmCodec } from './pcm-codec.ts'
import { Reception } from './reception.ts'
import { RtcpSession } from './rtcp-session.ts'
import { payloadEnd, payloadOffset, payloadTypeOf, sequenceOf, ssrcOf, timestampOf } from './rtp-header.ts'
import { SilenceWatch } from './silence-watch.ts'
import type { DatagramPort, PortPair } from './socket-pair.ts'
import { SoundLevel } from './sound-level.ts'
import type { SoundPacer } from './sound-pacer.ts'
import type { Source } from './source.ts'
import { SourceLatch } from './source-latch.ts'
import { TelephoneEventDetector } from './telephone-event.ts'
import { ToneDigits } from './tone-digits.ts'
import { soundPacketSamples } from './tone-sound.ts'
import { Voice } from './voice.ts'

export interface RelayEndpointParts {
  readonly id: number
  readonly pair: PortPair
  readonly clock: Clock
  readonly random: Random
  readonly pacer: SoundPacer
  readonly onMedia: (id: number) => void
  readonly onDtmf: (id: number, digit: string, milliseconds: number) => void
  readonly onSilent: (id: number, suppressesSilence: boolean) => void
}

/** One leg's sockets and streams, as the worker holds them. */
export class RelayEndpoint {
  readonly id: number
  readonly pair: PortPair
  readonly outgoing: OutgoingStream
  readonly reception = new Reception()
  readonly rtcp: RtcpSession
  readonly #parts: RelayEndpointParts
  readonly #clock: Clock
  readonly #rtp: DatagramPort
  /** Made for the first event, and the first sound of ours: most legs have neither, and a packet costs what memory it touches. */
  #events: TelephoneEventDetector | undefined
  #own: OwnSound | undefined
  /** Made for the first key press that is sent to this leg. */
  #digits: DigitSender | undefined
  /** Hears the keys of a leg without telephone events, where somebody needs to know of them other than by their sound. */
  #toneDigits: ToneDigits | undefined
  /** Made when this leg speaks while its listener hears a tone. */
  #level: SoundLevel | undefined
  readonly #silence = new SilenceWatch()
  #media: NegotiatedMedia | undefined
  /** What the leg's payload types stand for. */
  #payloadTypes: ReadonlyMap<number, number> = new Map()
  /** What nearly every packet bears, and what events do; out of `#media`, so that a packet need not touch it. */
  #payloadType = -1
  #eventPayloadType = -1
  /** False while the other side holds us, or has no address (RFC 3264 section 5.1 and 8.4). */
  #isListening = false
  readonly #latch = new SourceLatch()
  /** The believed source while it speaks, so that its packets need not ask the latch. The socket is connected to it if the SDP names it. */
  #heardHost = ''
  #heardPort = 0
  /** Packets received when the leg was last looked at. */
  #receivedBefore = 0
  #mediaTold = false
  /** Who hears this leg, and how its payload types are sent there. */
  #listener: RelayEndpoint | undefined
  readonly #routes = new ListenerRoutes()
  /** Whom this leg hears as they are. */
  #speaker: RelayEndpoint | undefined
  /** Whom it hears mixed. */
  #mixed: readonly RelayEndpoint[] = []
  /** Who hears this leg mixed with others, and what it says for them; undefined where nobody does. */
  #mixedBy: Set<RelayEndpoint> | undefined
  #voice: Voice | undefined

  constructor(parts: RelayEndpointParts) {
    this.#parts = parts
    this.#clock = parts.clock
    this.id = parts.id
    this.pair = parts.pair
    const seeds = parts.random.bytes(10)
    this.outgoing = new OutgoingStream(seeds.readUInt32LE(0), seeds.readUInt16LE(4), seeds.readUInt32LE(6))
    this.#rtp = parts.pair.rtp
    this.rtcp = new RtcpSession(parts, this.outgoing, this.reception)
    parts.pair.rtp.receive = this.#receive
    parts.pair.rtcp.receive = this.rtcp.receive
  }

  get media(): NegotiatedMedia | undefined {
    return this.#media
  }

  /** An offer or answer came. `signallingHost`: see {@link SourceLatch}. */
  setRemote(media: NegotiatedMedia, signallingHost?: string): void {
    const { host, port } = media.remote
    const moved = this.#latch.say({ host, port, ptime: media.ptime, signallingHost }, this.#clock.monotonic())
    this.#media = media
    this.#payloadTypes = readPayloadTypes(media)
    this.#payloadType = media.receivedAs ?? media.payloadType
    this.#eventPayloadType = media.dtmfReceivedAs ?? media.dtmfPayloadType ?? -1
    this.#isListening =
      (media.direction === 'sendrecv' || media.direction === 'recvonly') && isReachable(media.remote.host)
    this.outgoing.clockRate = media.clockRate
    this.reception.clockRate = media.clockRate
    if (moved) this.#mediaTold = false
    this.#silence.negotiated(media, this.#clock.monotonic())
    // A connected socket would not hear who else speaks now.
    this.#loosen()
    this.rtcp.setRemote(media, this.#latch)
    this.#own?.setMedia(media)
    this.#reroute()
    if (this.#speaker !== undefined) this.#speaker.#reroute()
  }

  /**
   * From now on this leg hears this, and nothing else. `onEnd` is told when all of a clip has been heard, or that the leg takes no codec
   * that we can make sound in; never once another source is given.
   */
  hear(source: Source<RelayEndpoint>, onEnd: (outcome: 'ended' | 'failed') => void = () => {}): void {
    const [wasMixed, heard] = [this.#mixed.length > 0, this.#speaker]
    const tone = source.kind === 'tone' ? source.tone : source.kind === 'legs' ? source.meanwhile : undefined
    const toneGoesOn = tone !== undefined && this.#own?.isSounding(tone) === true
    this.#hearLegs(source.kind === 'legs' ? source.legs.filter((leg) => leg !== this) : [])
    const legGoesOn = heard !== undefined && heard === this.#speaker && this.#own?.isToneOn !== true
    // Whoever joins a conversation is a part of what sounds already. Else the phone is told that other sound begins, and how much later.
    if (!toneGoesOn && !legGoesOn && !(wasMixed && this.#mixed.length > 0)) this.outgoing.beginAnew()
    switch (source.kind) {
      case 'silence':
        return this.#ownSound.playSilence()
      case 'tone':
        return this.#ownSound.playTone(source.tone)
      case 'clip':
        return this.#ownSound.playOnce(source.sounds, onEnd)
      case 'music':
        return this.#ownSound.playMusic(source.sound, onEnd)
      case 'legs':
        if (this.#mixed.length > 0) return
        if (this.#speaker === undefined) return this.#ownSound.playSilence()
        if (source.meanwhile === undefined) this.#own?.stop()
        else this.#ownSound.playTone(source.meanwhile)
    }
  }

  /** Sends a key press to this leg, as telephone events or as tones. */
  press(digit: string, milliseconds: number): void {
    if (this.#media === undefined) return
    this.#digits ??= new DigitSender(this.#parts.pacer, this.outgoing, (packet) => this.send(packet))
    this.#digits.press(digit, milliseconds, this.#media)
  }

  statistics(): EndpointStatistics {
    const { remote } = this.rtcp
    return {
      packetsReceived: this.reception.received,
      packetsSent: this.outgoing.packets,
      packetsLost: this.reception.lost,
      jitterMilliseconds: this.reception.jitterMilliseconds,
      ...(remote === undefined ? {} : { remote }),
      ...(this.#media === undefined ? {} : { codec: this.#media.codec }),
    }
  }

  /** Leaves the sockets free for the next call. */
  release(): void {
    this.#hearLegs([])
    this.#own?.stop()
    this.#digits?.stop()
    for (const other of this.#mixedBy ?? []) other.#hearOnly(other.#mixed.filter((leg) => leg !== this))
    if (this.#listener !== undefined) {
      this.#listener.#speaker = undefined
      this.#listener.#own?.resumeTone()
    }
    this.#listener = undefined
    this.#reroute()
    this.rtcp.sayGoodbye()
    this.pair.reset()
  }

  send(packet: Uint8Array): void {
    if (!this.#isListening) return
    if (this.#rtp.connected) this.#rtp.send(packet)
    else this.#rtp.sendTo(packet, this.#latch.host, this.#latch.port)
  }

  /** From now on `onSilent` tells when the leg, which should send, does not for so long, and again after as long. 0: never. */
  watchSilence(milliseconds: number): void {
    this.#silence.begin(milliseconds, this.#clock.monotonic())
  }

  /** To be called every 100 ms: a source that has fallen silent may be speaking from another port, or be gone. */
  look(now: number): void {
    const { received } = this.reception
    if (received === this.#receivedBefore) {
      this.#loosen()
      // A key press whose end was lost, and nothing follows.
      this.#events?.finish()
    }
    this.#receivedBefore = received
    if (this.#silence.isOver(received, this.rtcp.received, now)) {
      this.#parts.onSilent(this.id, this.#silence.suppressesSilence)
    }
  }

  readonly #receive = (packet: Buffer, host: string, port: number): void => {
    const payload = payloadOffset(packet)
    if (payload < 0) return
    let payloadType = payloadTypeOf(packet)
    // Before the negotiation nobody can say which payload types are valid: none is.
    if (payloadType !== this.#payloadType) {
      payloadType = this.#payloadTypes.get(payloadType) ?? -1
      if (payloadType < 0) return
    }
    const now = this.#clock.monotonic()
    if ((port !== this.#heardPort || host !== this.#heardHost) && !this.#believes(packet, host, port, now)) return
    const isEvent = payloadType === this.#eventPayloadType
    this.reception.add(ssrcOf(packet), sequenceOf(packet), timestampOf(packet), now, !isEvent)
    if (isEvent) this.#addEvent(packet, payload)
    else {
      if (this.#events !== undefined) this.#events.finish()
      // Before it is forwarded: that changes the packet in place.
      if (this.#voice !== undefined) this.#speak(this.#voice, packet, payload, payloadType)
      if (this.#toneDigits !== undefined && this.#isKeyTone(this.#toneDigits, packet, payload, payloadType)) return
    }
    if (this.#listener !== undefined) this.#forward(this.#listener, packet, payload, payloadType, now)
  }

  /** Sends a packet of this leg to its listener, as a part of the listener's one stream. */
  #forward(listener: RelayEndpoint, packet: Buffer, payload: number, payloadType: number, now: number): void {
    if (!listener.#isListening || listener.#digits?.isSending) return
    const { first } = this.#routes
    const route = payloadType === first.from ? first : this.#routes.find(payloadType)
    if (route === undefined) return
    const own = listener.#own
    if (own?.isToneOn) {
      if (!this.#isAudible(packet, payload, payloadType)) return
      own.pauseTone()
    }
    if (route.conversion !== undefined) route.conversion.convert(packet, payload, payloadEnd(packet))
    listener.outgoing.rewrite(packet, this, route.to, now)
    listener.send(packet)
  }

  /** For those who hear this leg mixed. */
  #speak(voice: Voice, packet: Buffer, payload: number, payloadType: number): void {
    const codec = this.#formatOf(payloadType)?.codec
    if (codec !== undefined) voice.add(codec, ssrcOf(packet), sequenceOf(packet), packet, payload, payloadEnd(packet))
  }

  /** Digital silence, comfort noise and key presses are no reason to take ringback from a caller. */
  #isAudible(packet: Buffer, payload: number, payloadType: number): boolean {
    const format = this.#formatOf(payloadType)
    if (format === undefined) return false
    this.#level ??= new SoundLevel()
    return this.#level.isAudible(format.codec, packet, payload, payloadEnd(packet))
  }

  /** The codec of a packet, if it is sound. */
  #formatOf(payloadType: number): NegotiatedCodec | undefined {
    return this.#media?.accepted.find(({ payloadType: sent, receivedAs = sent }) => receivedAs === payloadType)
  }

  #addEvent(packet: Buffer, payload: number): void {
    this.#events ??= new TelephoneEventDetector(this.#takeEventDigit)
    this.#events.addEvent(packet, payload, this.#media?.clockRate ?? 8000)
  }

  /** True for sound that must not go on, for the key in it is sent in another form. */
  #isKeyTone(digits: ToneDigits, packet: Buffer, payload: number, payloadType: number): boolean {
    const format = this.#formatOf(payloadType)
    if (format === undefined || !isPcmCodec(format.codec)) return false
    return digits.hears(format.codec, packet, payload, payloadEnd(packet)) && this.#listener !== undefined
  }

  /** What is an event at this leg cannot be heard: who hears it mixed is sent the key press, too. */
  readonly #takeEventDigit = (digit: string, milliseconds: number): void => {
    this.#takeDigit(digit, milliseconds)
    for (const other of this.#mixedBy ?? []) other.press(digit, milliseconds)
  }

  /** A key was pressed at this leg. */
  readonly #takeDigit = (digit: string, milliseconds: number): void => {
    this.#parts.onDtmf(this.id, digit, milliseconds)
    if (this.#routes.digits === 'anew') this.#listener?.press(digit, milliseconds)
  }

  /** Whether a packet is the leg's that is not of the source heard so far, or the first after a pause. */
  #believes(packet: Buffer, host: string, port: number, now: number): boolean {
    const verdict = this.#latch.hear(host, port, now, this.reception.received)
    if (verdict === 'refused') return false
    const isSaid = this.#latch.state === 'said'
    this.#heardHost = host
    this.#heardPort = port
    if (isSaid) this.#rtp.connect(host, port)
    else this.#rtp.disconnect()
    if (verdict === 'current') {
      this.#silence.resumed(this.reception.isNext(ssrcOf(packet), sequenceOf(packet)))
      return true
    }
    this.rtcp.follow(host, port, isSaid)
    // The same stream from another port goes on as it was; another one begins anew for who hears it.
    if (!this.reception.continuesWith(ssrcOf(packet), sequenceOf(packet))) this.#listener?.outgoing.beginAnew()
    if (this.#mediaTold) return true
    this.#mediaTold = true
    this.#parts.onMedia(this.id)
    return true
  }

  /** From now on everything that comes is shown to the latch. */
  #loosen(): void {
    this.#heardHost = ''
    this.#heardPort = 0
    this.#rtp.disconnect()
  }

  get #ownSound(): OwnSound {
    const { pacer } = this.#parts
    this.#own ??= new OwnSound(pacer, this.#writeSound, () => this.#clock.monotonic(), this.#media)
    return this.#own
  }

  readonly #writeSound: WriteSound = (packet, source, payloadType, now) => {
    // While a key press is sent to the leg nobody else may speak to it.
    if (this.#digits?.isSending) return
    // What is not sent has no place in the stream either: a gap would look like a loss.
    if (!this.#isListening) return this.outgoing.beginAnew()
    this.outgoing.write(packet, source, payloadType, soundPacketSamples, now)
    this.send(packet)
  }

  /**
   * One leg is heard as it is, packet by packet, which costs next to nothing; several are mixed. A leg has one direct listener: what it
   * sends is made the listener's in place. Whoever else wants to hear it alone hears it by way of the mixer.
   */
  #hearLegs(legs: readonly RelayEndpoint[]): void {
    const [only] = legs
    const isDirect = only !== undefined && legs.length === 1 && (only.#listener ?? this) === this
    this.#hearDirectly(isDirect ? only : undefined)
    this.#mix(isDirect ? [] : legs)
  }

  #hearDirectly(speaker: RelayEndpoint | undefined): void {
    const before = this.#speaker
    if (speaker === before) return
    this.#speaker = speaker
    if (speaker !== undefined) {
      speaker.#listener = this
      speaker.#reroute()
    }
    if (before !== undefined) before.#leaveListener()
  }

  /** Nobody hears this leg directly any more: somebody may who heard it alone by way of the mixer. */
  #leaveListener(): void {
    this.#listener = undefined
    this.#reroute()
    for (const other of this.#mixedBy ?? []) {
      if (other.#mixed.length === 1) return other.#hearOnly([this])
    }
  }

  /** Of those whom this leg hears mixed, these are left. */
  #hearOnly(legs: readonly RelayEndpoint[]): void {
    this.#hearLegs(legs)
    if (this.#speaker !== undefined) this.#own?.stop()
  }

  #loseMixer(other: RelayEndpoint): void {
    this.#mixedBy?.delete(other)
    if (this.#mixedBy?.size === 0) this.#voice = undefined
  }

  #mix(legs: readonly RelayEndpoint[]): void {
    for (const leg of this.#mixed) if (!legs.includes(leg)) leg.#loseMixer(this)
    const voices = legs.map((leg) => {
      leg.#mixedBy ??= new Set()
      leg.#mixedBy.add(this)
      leg.#voice ??= new Voice()
      return leg.#voice
    })
    if (voices.length > 0 || this.#mixed.length > 0) this.#ownSound.mix(voices)
    this.#mixed = legs
  }

  #reroute(): void {
    this.#routes.update(this.#media, this.#listener?.media)
    const listens =
      this.#media !== undefined && this.#media.dtmfPayloadType === undefined && this.#routes.digits === 'anew'
    this.#toneDigits = listens ? (this.#toneDigits ?? new ToneDigits(this.#takeDigit)) : undefined
  }
}

const isReachable = (host: string): boolean => host !== '0.0.0.0' && host !== '::'
