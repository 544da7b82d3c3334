import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RelayScene } from '../../test/support/relay-scene.ts'
import { SpeakingParty, speak } from '../../test/support/speaking-party.ts'
import { toneAmplitude } from '../../test/support/tone-level.ts'
import type { PcmCodecName } from './pcm-codec.ts'
import { sequenceOf, ssrcOf } from './rtp-header.ts'
import { createSound, soundRate } from './sound.ts'
import { toneFor } from './tones.ts'

const frequencies = [500, 900, 1300, 1900] as const
const places = [0, 1, 2, 3] as const

type Place = (typeof places)[number]
type Step =
  | { readonly do: 'legs'; readonly who: Place; readonly legs: readonly Place[]; readonly meanwhile: boolean }
  | { readonly do: 'silence' | 'tone' | 'music' | 'clip' | 'hold' | 'resume' | 'release'; readonly who: Place }
  | { readonly do: 'talk'; readonly milliseconds: number }

const place = fc.constantFrom(...places)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('legs' as const),
      who: place,
      legs: fc.uniqueArray(place, { maxLength: 4 }),
      meanwhile: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('silence' as const, 'tone' as const, 'music' as const, 'clip' as const, 'hold' as const),
      who: place,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resume' as const), who: place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), who: place }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('talk' as const), milliseconds: fc.constantFrom(20, 100, 140) }),
  },
)

const sound = createSound(soundRate)

/** Four parties with a tone each; what was last said of each is what it must hear. */
class Conversation {
  readonly scene = new RelayScene()
  readonly parties: readonly SpeakingParty[]
  /** Whom each hears; undefined where it hears something of ours. */
  readonly heard: (readonly Place[] | undefined)[] = [undefined, undefined, undefined, undefined]
  readonly #held = new Set<Place>()
  readonly #gone = new Set<Place>()

  constructor(codecs: readonly PcmCodecName[]) {
    this.parties = frequencies.map((frequency, index) => new SpeakingParty(this.scene, frequency, codecs[index]))
  }

  get up(): readonly Place[] {
    return places.filter((one) => !this.#gone.has(one))
  }

  async take(one: Step): Promise<void> {
    if (one.do === 'talk') return this.talk(one.milliseconds)
    if (this.#gone.has(one.who)) return
    const { endpoint, leg } = this.parties[one.who] as SpeakingParty
    const address = `192.0.2.${one.who + 1}:4000`
    switch (one.do) {
      case 'legs': {
        const legs = one.legs.filter((other) => !this.#gone.has(other))
        const tone = one.meanwhile ? { meanwhile: toneFor('ringback', 'US') } : {}
        endpoint.hear({ kind: 'legs', legs: legs.map((other) => this.endpointOf(other)), ...tone })
        this.heard[one.who] = one.legs
        return
      }
      case 'hold':
        this.#held.add(one.who)
        return leg.says(address, undefined, { direction: 'sendonly' })
      case 'resume':
        this.#held.delete(one.who)
        return leg.says(address)
      case 'release':
        this.#gone.add(one.who)
        return endpoint.release()
      case 'silence':
        endpoint.hear({ kind: 'silence' })
        break
      case 'tone':
        endpoint.hear({ kind: 'tone', tone: toneFor('dial', 'DE') })
        break
      case 'music':
        endpoint.hear({ kind: 'music', sound })
        break
      case 'clip':
        endpoint.hear({ kind: 'clip', sounds: [sound] })
    }
    this.heard[one.who] = undefined
  }

  endpointOf(one: Place) {
    return (this.parties[one] as SpeakingParty).endpoint
  }

  async talk(milliseconds: number): Promise<void> {
    await speak(this.scene, milliseconds, ...this.up.map((one) => this.parties[one] as SpeakingParty))
    for (const one of this.up) this.parties[one]?.hears()
  }

  async assertHeard(): Promise<void> {
    await this.talk(400)
    await speak(this.scene, 400, ...this.up.map((one) => this.parties[one] as SpeakingParty))
    for (const one of this.up) {
      const party = this.parties[one] as SpeakingParty
      const samples = party.hears()
      if (this.#held.has(one)) assert.equal(samples.length, 0, `party ${one} holds us`)
      const expected = this.heard[one]?.filter((other) => other !== one && !this.#gone.has(other))
      if (this.#held.has(one) || expected === undefined) continue
      // Where the only one who was heard has gone nothing may be sent at all.
      if (expected.length === 0 && samples.length === 0) continue
      const levels = frequencies.map((frequency) => Math.round(toneAmplitude(samples, party.rate, frequency) / 100))
      const isRight = levels.every((level, other) =>
        expected.includes(other as Place) ? Math.abs(level - 60) <= 4 : level <= 2,
      )
      assert.ok(isRight, `party ${one} hears ${levels}, and should hear ${expected}`)
    }
  }

  assertOneStream(): void {
    for (const { packets } of this.parties) {
      packets.forEach((packet, index) => {
        const previous = packets[index - 1]
        if (previous === undefined) return
        assert.equal(ssrcOf(packet), ssrcOf(previous))
        assert.equal(sequenceOf(packet), (sequenceOf(previous) + 1) & 0xffff)
      })
    }
  }
}

test('whatever four legs are made to hear, and whoever goes: each hears whom it should, in one stream, and nothing is left', async () => {
  const codecs = fc.array(fc.constantFrom<PcmCodecName>('PCMA', 'PCMU', 'G722'), { minLength: 4, maxLength: 4 })
  const property = fc.asyncProperty(codecs, fc.array(step, { maxLength: 25 }), async (spoken, steps) => {
    const conversation = new Conversation(spoken)
    await conversation.talk(100)
    for (const one of steps) await conversation.take(one)
    await conversation.assertHeard()
    conversation.assertOneStream()
    for (const one of conversation.up) conversation.endpointOf(one).release()
    assert.equal(conversation.scene.pacer.playing, 0)
    assert.equal(conversation.scene.clock.pending, 0)
  })
  await fc.assert(property, { numRuns: 60 })
})
