import { DatagramRelay, type Direction } from './datagram-relay.ts'

export interface LossyPathOptions {
  readonly serverSipPort: number
  /** Of so many RTP packets, each way, the last is lost. */
  readonly loseOneOf: number
}

/**
 * The network between the server and one phone that sends all its SIP to `sipPort`. RTP and RTCP go through it as well, for it
 * changes the ports in the SDP of both sides; nothing but RTP is lost.
 */
export class LossyPath {
  readonly lost: Readonly<Record<Direction, number>>
  readonly #sip: DatagramRelay
  readonly #media: MediaRelays

  static async open({ serverSipPort, loseOneOf }: LossyPathOptions): Promise<LossyPath> {
    const lost = { 'to-peer': 0, 'to-server': 0 }
    const media = await openMediaRelays(loseOneOf, lost)
    const sip = await DatagramRelay.open({
      carry: (packet, direction, deliver) => deliver(throughMediaRelays(packet, direction, media)),
    })
    sip.serverPort = serverSipPort
    return new LossyPath(sip, media, lost)
  }

  private constructor(sip: DatagramRelay, media: MediaRelays, lost: Readonly<Record<Direction, number>>) {
    this.#sip = sip
    this.#media = media
    this.lost = lost
  }

  get sipPort(): number {
    return this.#sip.peerSidePort
  }

  close(): void {
    for (const relay of [this.#sip, this.#media.rtp, this.#media.rtcp]) relay.close()
  }
}

interface MediaRelays {
  readonly rtp: DatagramRelay
  readonly rtcp: DatagramRelay
}

/** RTCP has the port above RTP's (RFC 3550 section 11) on both sides; where one of these is taken, others are tried. */
async function openMediaRelays(loseOneOf: number, lost: Record<Direction, number>): Promise<MediaRelays> {
  const sent = { 'to-peer': 0, 'to-server': 0 }
  for (let attempt = 0; ; attempt++) {
    const rtp = await DatagramRelay.open({
      carry: (packet, direction, deliver) => {
        if (++sent[direction] % loseOneOf === 0) lost[direction]++
        else deliver(packet)
      },
    })
    try {
      const rtcp = await DatagramRelay.open({
        serverSidePort: rtp.serverSidePort + 1,
        peerSidePort: rtp.peerSidePort + 1,
        carry: (packet, _direction, deliver) => deliver(packet),
      })
      return { rtp, rtcp }
    } catch (error) {
      rtp.close()
      if (attempt === 20) throw error
    }
  }
}

/** A message whose SDP names our ports; the relays then know where each side really is. */
function throughMediaRelays(packet: Buffer, direction: Direction, { rtp, rtcp }: MediaRelays): Buffer {
  const text = packet.toString('latin1')
  const port = Number(/^m=audio (\d+)/m.exec(text)?.[1] ?? 0)
  if (port === 0) return packet
  const [near, far] =
    direction === 'to-peer' ? (['serverPort', 'peerSidePort'] as const) : (['peerPort', 'serverSidePort'] as const)
  rtp[near] = port
  rtcp[near] = port + 1
  const changed = text.replace(/^m=audio \d+/m, `m=audio ${rtp[far]}`).replace(/^a=rtcp:\d+/m, `a=rtcp:${rtcp[far]}`)
  const length = changed.length - (changed.indexOf('\r\n\r\n') + 4)
  return Buffer.from(changed.replace(/^(Content-Length:\s*)\d+/im, `$1${length}`), 'latin1')
}
