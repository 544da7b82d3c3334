import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import type { Binding } from './binding.ts'
import { Qualifier } from './qualifier.ts'

const binding = (number: number, more: Partial<Binding> = {}): Binding => ({
  aor: `acme/${number}`,
  contactUri: `sip:${number}@192.0.2.10:5062`,
  destination: { protocol: 'udp', host: '192.0.2.10', port: 5062 },
  expiresAt: 3_600_000,
  q: 1,
  callId: `registration-${number}`,
  sequence: 1,
  ...more,
})

const setUp = (intervalSeconds = 60) => {
  const clock = new VirtualClock()
  const off = new Set<string>()
  const asked: { readonly aor: string; readonly at: number }[] = []
  const told: string[] = []
  const answering: string[] = []
  let atOnce = 0
  let mostAtOnce = 0
  const qualifier = new Qualifier({
    clock,
    random: createSeededRandom(1),
    intervalSeconds,
    ask: ({ aor }) => {
      asked.push({ aor, at: clock.monotonic() })
      mostAtOnce = Math.max(mostAtOnce, ++atOnce)
      return new Promise((resolve) =>
        clock.setTimeout(
          () => {
            atOnce--
            resolve(!off.has(aor))
          },
          off.has(aor) ? 4000 : 20,
        ),
      )
    },
    onAnswers: ({ aor }) => void answering.push(aor),
    onReachable: ({ aor }, isReachable) => void told.push(`${aor} ${isReachable ? 'reachable' : 'unreachable'}`),
  })
  return { clock, qualifier, asked, told, answering, off, mostAtOnce: () => mostAtOnce }
}

describe('phones are asked whether they are there', () => {
  it('first within half an interval, then once an interval', async () => {
    const { clock, qualifier, asked, answering, told } = setUp()
    qualifier.watch(binding(101))
    await clock.advance(600_000)
    assert.ok((asked[0]?.at ?? 0) >= 15_000 && (asked[0]?.at ?? 0) <= 32_000, String(asked[0]?.at))
    assert.ok(asked.length >= 9 && asked.length <= 11, String(asked.length))
    assert.deepEqual(answering, ['acme/101'])
    assert.deepEqual(told, [])
    qualifier.close()
    assert.equal(clock.pending, 0)
  })

  it('one that is switched off is unreachable after an interval, and reachable again when it answers', async () => {
    const { clock, qualifier, told, off } = setUp()
    const phone = binding(101)
    qualifier.watch(phone)
    await clock.advance(40_000)
    off.add('acme/101')
    assert.equal(qualifier.isReachable(phone), true)
    await clock.advance(66_000)
    assert.equal(qualifier.isReachable(phone), false)
    off.clear()
    await clock.advance(26_000)
    assert.equal(qualifier.isReachable(phone), true)
    assert.deepEqual(told, ['acme/101 unreachable', 'acme/101 reachable'])
  })

  it('one that registers anew is back at once, whatever a question of before comes to', async () => {
    const { clock, qualifier, told, off } = setUp()
    const phone = binding(101, { answersOptions: true })
    qualifier.watch(phone)
    off.add('acme/101')
    await clock.advance(40_000)
    assert.equal(qualifier.isReachable(phone), false)
    // It is just being asked again.
    await clock.advance(17_000)
    qualifier.watch(phone)
    assert.equal(qualifier.isReachable(phone), true)
    await clock.advance(6_000)
    assert.equal(qualifier.isReachable(phone), true)
    assert.deepEqual(told, ['acme/101 unreachable', 'acme/101 reachable'])
  })

  it('one that never answers such questions is left alone; one that did before a restart is not', async () => {
    const { clock, qualifier, off } = setUp()
    const [dumb, known] = [binding(101), binding(102, { answersOptions: true })]
    off.add('acme/101').add('acme/102')
    qualifier.watch(dumb, true)
    qualifier.watch(known, true)
    await clock.advance(36_000)
    assert.equal(qualifier.isReachable(dumb), true)
    assert.equal(qualifier.isReachable(known), false)
  })

  it('is asked once an interval, however often it is suspected or registers', async () => {
    const { clock, qualifier, asked } = setUp()
    const phone = binding(101)
    for (let index = 0; index < 100; index++) {
      qualifier.watch(phone)
      qualifier.suspect(phone)
      qualifier.suspect(phone)
    }
    await clock.advance(2000)
    qualifier.suspect(phone)
    await clock.advance(600_000)
    assert.ok(asked.length >= 10 && asked.length <= 12, String(asked.length))
  })

  it('one that did not answer a call is asked at once', async () => {
    const { clock, qualifier, off } = setUp(3600)
    const phone = binding(101, { answersOptions: true })
    qualifier.watch(phone)
    off.add('acme/101')
    qualifier.suspect(phone)
    await clock.advance(6000)
    assert.equal(qualifier.isReachable(phone), false)
  })

  it('30,000 phones that are all off: at most 100 questions a second, 400 at a time, and all are asked', async () => {
    const { clock, qualifier, asked, off, mostAtOnce } = setUp()
    for (let number = 0; number < 30_000; number++) {
      qualifier.watch(binding(number, { answersOptions: true }))
      off.add(`acme/${number}`)
    }
    await clock.advance(400_000)
    const perSecond = Map.groupBy(asked, ({ at }) => Math.floor(at / 1000))
    assert.ok([...perSecond.values()].every((questions) => questions.length <= 100))
    assert.ok(mostAtOnce() <= 400, String(mostAtOnce()))
    assert.equal(new Set(asked.slice(0, 30_000).map(({ aor }) => aor)).size, 30_000)
  })

  it('one that is gone is asked no more, and nothing is left', async () => {
    const { clock, qualifier, asked } = setUp()
    qualifier.watch(binding(101))
    qualifier.forget(binding(101))
    await clock.advance(100_000)
    assert.deepEqual(asked, [])
    assert.equal(qualifier.size, 0)
    assert.equal(clock.pending, 0)
  })
})
