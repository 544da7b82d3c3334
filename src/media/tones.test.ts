import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { CodecName } from './codec.ts'
import { decodeAlaw, decodeUlaw } from './g711.ts'
import { OutgoingStream } from './outgoing-stream.ts'
import { sequenceOf, timestampOf } from './rtp-header.ts'
import { SoundPacer } from './sound-pacer.ts'
import { TonePlayer } from './tone-player.ts'
import { type ToneKind, toneCountries, toneFor } from './tones.ts'

const media = (codec: CodecName, payloadType: number, accepted = [{ codec, payloadType }]) => ({
  codec,
  payloadType,
  clockRate: 8000,
  accepted,
  remote: { host: '127.0.0.1', port: 9, rtcpPort: 10 },
  ptime: 20,
  direction: 'sendrecv' as const,
})

/** Amplitude of one frequency in a stretch of samples (Goertzel, by its definition). */
const goertzel = (samples: readonly number[], frequency: number): number => {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / 8000)
  let [last, before] = [0, 0]
  for (const sample of samples) [last, before] = [sample + coefficient * last - before, last]
  const power = last * last + before * before - coefficient * last * before
  return (2 * Math.sqrt(Math.max(0, power))) / samples.length
}

const play = async (kind: ToneKind, country: string, codec: 'PCMA' | 'PCMU', milliseconds: number) => {
  const clock = new VirtualClock()
  const packets: { at: number; packet: Uint8Array }[] = []
  const outgoing = new OutgoingStream(1, 0, 0)
  const player = new TonePlayer(new SoundPacer(clock), (packet, source, payloadType, now) => {
    outgoing.write(packet, source, payloadType, 160, now)
    packets.push({ at: clock.monotonic(), packet: packet.slice() })
  })
  player.play(toneFor(kind, country), media(codec, codec === 'PCMA' ? 8 : 0))
  await clock.advance(milliseconds)
  player.stop()
  const decode = codec === 'PCMA' ? decodeAlaw : decodeUlaw
  return {
    packets,
    samples: packets.flatMap(({ packet }) => [...packet.subarray(12)].map(decode)),
    pending: clock.pending,
  }
}

for (const country of [...toneCountries, 'XX']) {
  for (const kind of ['ringback', 'busy', 'congestion', 'dial'] as const) {
    test(`${country} ${kind}: frequencies and cadence as in its row, twice around`, async () => {
      const cadence = toneFor(kind, country)
      const period = cadence.reduce((sum, step) => sum + step.milliseconds, 0)
      const { samples } = await play(kind, country, kind === 'busy' ? 'PCMU' : 'PCMA', 2 * period + 40)
      for (let round = 0; round < 2; round++) {
        let at = round * period
        for (const { frequencies, modulation, milliseconds } of cadence) {
          // The middle of the step, in whole periods of 5 Hz where it is long enough.
          const length = Math.min(milliseconds - 20, 200) * 8
          const from = Math.round((at + milliseconds / 2) * 8 - length / 2)
          const stretch = samples.slice(from, from + length)
          assert.equal(stretch.length, length)
          const energy = Math.sqrt(stretch.reduce((sum, sample) => sum + sample * sample, 0) / length)
          if (frequencies.length === 0) assert.ok(energy < 20, `silence at ${at} ms, not ${energy}`)
          for (const frequency of frequencies) {
            assert.ok(goertzel(stretch, frequency) > 2500, `${frequency} Hz at ${at} ms`)
            assert.ok(goertzel(stretch, frequency + 700) < 600, `only it at ${at} ms`)
            if (modulation !== undefined) assert.ok(goertzel(stretch, frequency + modulation) > 800, 'a side band')
          }
          at += milliseconds
        }
      }
    })
  }
}

test('the countries asked for have rows of their own; others get the one that E.180 recommends', () => {
  assert.deepEqual([...toneCountries].sort(), ['AU', 'DE', 'FR', 'GB', 'IN', 'JP', 'NZ', 'RO', 'US', 'ZA'])
  assert.deepEqual(toneFor('ringback', 'gb'), toneFor('ringback', 'GB'))
  assert.deepEqual(toneFor('busy', 'ZZ')[0], { frequencies: [425], milliseconds: 500 })
})

test('a packet each 20 ms, in sequence, and no timer is left', async () => {
  const { packets, pending } = await play('ringback', 'AU', 'PCMA', 1000)
  assert.equal(packets.length, 51)
  packets.forEach(({ at, packet }, index) => {
    assert.equal(at, index * 20)
    assert.equal(sequenceOf(packet), index + 1)
    assert.equal(timestampOf(packet), index * 160)
  })
  assert.equal(pending, 0)
})

test('late timers do not add up; a stall is not made good by a burst', async () => {
  const clock = new VirtualClock()
  // Each timer comes seven milliseconds late, and once three seconds.
  let late = 7
  const slow = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimeout: (task: () => void, delay: number) => clock.setTimeout(task, delay + late),
    clearTimeout: (timer: Parameters<typeof clock.clearTimeout>[0]) => clock.clearTimeout(timer),
  }
  const pacer = new SoundPacer(slow)
  let beats = 0
  const paced = { beat: () => void beats++ }
  pacer.add(paced)
  await clock.advance(10_000)
  assert.ok(Math.abs(beats - 500) <= 1, `${beats} beats in 10 s`)
  late = 3000
  await clock.advance(3000)
  late = 7
  beats = 0
  await clock.advance(1000)
  assert.ok(beats <= 55, `${beats} beats after the stall`)
  pacer.remove(paced)
  assert.equal(clock.pending, 0)
})

test('a leg that chose opus hears the tone in the G.711 that it accepted too, and silence otherwise', async () => {
  const clock = new VirtualClock()
  const types: number[] = []
  const player = new TonePlayer(new SoundPacer(clock), (_packet, _source, payloadType) => types.push(payloadType))
  const both = [{ codec: 'opus', payloadType: 111 } as const, { codec: 'PCMU', payloadType: 0 } as const]
  player.play(toneFor('dial', 'US'), { ...media('opus', 111), accepted: both })
  await clock.advance(50)
  assert.deepEqual(types, [0, 0, 0])
  player.play(toneFor('dial', 'US'), media('opus', 111))
  await clock.advance(50)
  assert.deepEqual(types, [0, 0, 0])
  assert.equal(clock.pending, 0)
})
