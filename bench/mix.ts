import { type CodecName, codecs } from '../src/media/codec.ts'
import type { MediaEndpoint } from '../src/media/media-endpoint.ts'
import { middle } from './middle.ts'
import { openPhones, startPlane, type Talk } from './relay-phones.ts'

export interface MixResult {
  /** Calls of three parties who all hear each other, 20 ms packets, that one core's worth of the relay thread mixes: all three speak PCMA. */
  readonly callsPerCore: number
  /** The same where all three speak G.722, and are mixed at 16 kHz. */
  readonly callsPerCoreWideband: number
  /** Two parties who hear each other directly, and a supervisor who hears both: PCMA. */
  readonly supervisedCallsPerCore: number
  /** Packets of 20 ms that came, of those that should have. */
  readonly heardShare: number
}

/** Calls at which a core's worth is measured: few enough that nothing is left out on a machine with other work. */
const loadCalls = 20
const seconds = 3
const rounds = 3

type Hears = (legs: readonly MediaEndpoint[], leg: MediaEndpoint) => readonly MediaEndpoint[]

const everybodyElse: Hears = (legs, leg) => legs.filter((other) => other !== leg)
/** The last is the supervisor, whom nobody hears. */
const supervised: Hears = (legs, leg) => everybodyElse(legs, leg).filter((other) => other !== legs.at(-1))

export const benchMix = async (): Promise<MixResult> => {
  const { phones, talk, close } = await openPhones()
  const measure = async (codec: CodecName, hears: Hears) => {
    const results: { callsPerCore: number; heardShare: number }[] = []
    for (let round = 0; round < rounds; round++) results.push(await measureMix(talk, phones, codec, hears))
    return {
      callsPerCore: middle(results.map(({ callsPerCore }) => callsPerCore)),
      heardShare: Math.min(...results.map(({ heardShare }) => heardShare)),
    }
  }
  try {
    const narrow = await measure('PCMA', everybodyElse)
    const wide = await measure('G722', everybodyElse)
    const listened = await measure('PCMA', supervised)
    return {
      callsPerCore: narrow.callsPerCore,
      callsPerCoreWideband: wide.callsPerCore,
      supervisedCallsPerCore: listened.callsPerCore,
      heardShare: Math.min(narrow.heardShare, wide.heardShare, listened.heardShare),
    }
  } finally {
    await close()
  }
}

const measureMix = async (talk: Talk, phones: readonly number[], codec: CodecName, hears: Hears) => {
  const plane = await startPlane()
  const { payloadType, clockRate } = codecs[codec]
  const all: MediaEndpoint[] = []
  for (let call = 0; call < loadCalls; call++) {
    const first = await plane.allocate()
    const legs = [first, await plane.allocate({ beside: first }), await plane.allocate({ beside: first })]
    for (const [index, leg] of legs.entries()) {
      const port = phones[(3 * call + index) % phones.length] as number
      const remote = { host: '127.0.0.1', port, rtcpPort: port + 1 }
      const accepted = [{ codec, payloadType }]
      // As nearly every phone does: keys are looked for in the sound of those alone that know no telephone events.
      const events = { dtmfPayloadType: 101 }
      leg.setRemote({ codec, payloadType, clockRate, accepted, ...events, remote, ptime: 20, direction: 'sendrecv' })
    }
    for (const leg of legs) leg.hear({ kind: 'legs', legs: hears(legs, leg) })
    all.push(...legs)
  }
  const legs = all.map(({ port }) => ({ port, payloadType }))
  // Two seconds for latching, and for the compiler.
  await talk({ legs, seconds: 2 })
  const before = await plane.cpuMicroseconds()
  const { received } = await talk({ legs, seconds })
  const used = (await plane.cpuMicroseconds()) - before
  await plane.close()
  return {
    callsPerCore: Math.round((loadCalls * seconds * 1e6) / used),
    heardShare: Math.min(1, received / (all.length * seconds * 50)),
  }
}

if (import.meta.main) console.log(await benchMix())
