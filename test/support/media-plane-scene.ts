import { systemClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { type CodecName, codecs } from '../../src/media/codec.ts'
import type { MediaEndpoint } from '../../src/media/media-endpoint.ts'
import { MediaPlane, type MediaPlaneOptions } from '../../src/media/media-plane.ts'
import type { NegotiatedMedia } from '../../src/media/negotiated-media.ts'
import { claimPorts } from './claim-ports.ts'
import { TestPhone } from './test-phone.ts'

/** A media plane with its workers and real sockets on loopback, and phones to talk to it. Time is real: a test waits for what it wants to see. */
export class MediaPlaneScene {
  readonly plane: MediaPlane
  readonly #firstPort: number
  readonly #planes: MediaPlane[] = []
  readonly #phones: TestPhone[] = []
  #nextRange = 400

  private constructor(firstPort: number) {
    this.#firstPort = firstPort
    this.plane = this.createPlane({ portRange: [firstPort, firstPort + 399] })
  }

  static async start(): Promise<MediaPlaneScene> {
    const scene = new MediaPlaneScene(await claimPorts(600))
    await scene.plane.start()
    return scene
  }

  /** Not started yet. */
  createPlane(options: Partial<MediaPlaneOptions>): MediaPlane {
    const portRange = [this.#firstPort, this.#firstPort + 399] as const
    const common = { host: '127.0.0.1', portRange, log: silentLog, clock: systemClock, quarantineMilliseconds: 50 }
    const plane = new MediaPlane({ ...common, ...options })
    this.#planes.push(plane)
    return plane
  }

  /** The first of so many ports that no other plane of this scene has. */
  takeRange(ports: number): number {
    const first = this.#firstPort + this.#nextRange
    this.#nextRange += ports
    return first
  }

  async openPhone(host?: string): Promise<TestPhone> {
    const phone = await TestPhone.open(host)
    this.#phones.push(phone)
    return phone
  }

  /** A phone, and an endpoint that has agreed with it on this codec. */
  async leg(codec: CodecName, dtmf = 101, beside?: MediaEndpoint) {
    const phone = await this.openPhone()
    const endpoint = await this.plane.allocate(beside === undefined ? {} : { beside })
    endpoint.setRemote(mediaOf(phone, codec, dtmf))
    await settled(endpoint)
    return { phone, endpoint }
  }

  async close(): Promise<void> {
    for (const phone of this.#phones) phone.close()
    await Promise.all(this.#planes.map((plane) => plane.close()))
  }
}

export const mediaOf = (phone: TestPhone, codec: CodecName, dtmfPayloadType = 101): NegotiatedMedia => ({
  codec,
  payloadType: codecs[codec].payloadType,
  clockRate: codecs[codec].clockRate,
  accepted: [{ codec, payloadType: codecs[codec].payloadType }],
  dtmfPayloadType,
  remote: { host: '127.0.0.1', port: phone.port, rtcpPort: phone.rtcpPort },
  ptime: 20,
  direction: 'sendrecv',
})

/** Resolves when the worker has done what it was told. What is on its way by UDP may come later. */
export const settled = (endpoint: MediaEndpoint): Promise<unknown> => endpoint.statistics()

/** Resolves when so many packets of the leg's phone have come in all. */
export const received = (endpoint: MediaEndpoint, packets: number): Promise<void> =>
  until(`${packets} packets`, async () => (await endpoint.statistics()).packetsReceived >= packets)

/** Asks again and again; a machine that is busy takes its time. */
export const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const giveUpAt = performance.now() + 20_000
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`it never came to ${what}`)
    await pause(5)
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

export const audio = (value: number): Uint8Array => new Uint8Array(160).fill(value)

export const payloadTypes = (phone: TestPhone): number[] => phone.heard.map((packet) => (packet[1] as number) & 0x7f)

/** A stream as a phone sends it, a packet each 20 ms, until it is stopped. */
export const talk = (phone: TestPhone, to: number, octet: number): { stop(): void } => {
  const timer = setInterval(() => phone.say(to, audio(octet), 8), 20)
  return { stop: () => clearInterval(timer) }
}
