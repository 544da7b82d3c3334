import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runSeed } from '../../test/support/run-seed.ts'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { SourceLatch } from './source-latch.ts'

/** Addresses as `HOST:PORT`; 203.0.113.0/24 is the far side's network, 198.51.100.0/24 a stranger's. */
const phone = '203.0.113.5:4000'
const phoneMoved = '203.0.113.5:4711'
const mediaHost = '203.0.113.80:6000'
const stranger = '198.51.100.66:4000'

type Step =
  /** An offer or answer that names this address. */
  | { readonly says: string; readonly signalsFrom?: string }
  /** A stream from here, a packet each 20 ms for so long; how many of them are heard, at which millisecond the first. */
  | { readonly speaks: string; readonly for: number; readonly heardFrom: number | 'never' | 'always' }
  /** Several streams at the same time; each as above. */
  | { readonly together: readonly Extract<Step, { speaks: string }>[] }
  | { readonly passes: number }
  | { readonly sendsTo: string }

const says = (address: string, signalsFrom?: string): Step => ({ says: address, ...(signalsFrom && { signalsFrom }) })
const speaks = (address: string, milliseconds: number, heardFrom: number | 'never' | 'always') =>
  ({ speaks: address, for: milliseconds, heardFrom }) as const
const together = (...streams: readonly ReturnType<typeof speaks>[]): Step => ({ together: streams })
const passes = (milliseconds: number): Step => ({ passes: milliseconds })
const sendsTo = (address: string): Step => ({ sendsTo: address })

const split = (address: string): [string, number] => {
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon), Number(address.slice(colon + 1))]
}

/** Carries out the steps in virtual time. */
const play = (steps: readonly Step[]): void => {
  const latch = new SourceLatch()
  let now = 0
  let accepted = 0
  const speak = (streams: readonly Extract<Step, { speaks: string }>[]): void => {
    const first = new Map<string, number>()
    const last = Math.max(...streams.map((stream) => stream.for))
    for (let at = 0; at < last; at += 20, now += 20) {
      for (const [index, stream] of streams.entries()) {
        if (at >= stream.for) continue
        const heard = latch.hear(...split(stream.speaks), now + index, accepted) !== 'refused'
        if (heard) accepted++
        if (heard && !first.has(stream.speaks)) first.set(stream.speaks, at)
        if (stream.heardFrom === 'always') assert.ok(heard, `${stream.speaks} is heard after ${at} ms`)
      }
    }
    for (const { speaks: address, heardFrom } of streams) {
      if (heardFrom === 'always') continue
      assert.equal(first.get(address) ?? 'never', heardFrom, `when ${address} is heard first`)
    }
  }
  for (const step of steps) {
    if ('says' in step) {
      const [host, port] = split(step.says)
      latch.say({ host, port, ptime: 20, signallingHost: step.signalsFrom }, now)
    } else if ('speaks' in step) speak([step])
    else if ('together' in step) speak(step.together)
    else if ('passes' in step) now += step.passes
    else assert.equal(`${latch.host}:${latch.port}`, step.sendsTo)
  }
}

type Table = Readonly<Record<string, readonly Step[]>>

const said: Table = {
  'before the first SDP nobody is heard': [speaks(phone, 400, 'never')],
  'the address of the SDP is heard at once': [says(phone), sendsTo(phone), speaks(phone, 100, 'always')],
  'a carrier announces P1, then answers with P2 while P1 goes on for 30 ms': [
    says(phone),
    speaks(phone, 2000, 'always'),
    says(phoneMoved),
    sendsTo(phoneMoved),
    together(speaks(phone, 30, 'never'), speaks(phoneMoved, 400, 'always')),
    sendsTo(phoneMoved),
  ],
  'P1 goes on for 30 ms, and P2 begins only later': [
    says(phone),
    speaks(phone, 2000, 'always'),
    says(phoneMoved),
    speaks(phone, 30, 'never'),
    sendsTo(phoneMoved),
    passes(1000),
    speaks(phoneMoved, 400, 'always'),
  ],
  'it says P2 and never leaves P1: that is believed when it has gone on for a while': [
    says(phone),
    speaks(phone, 500, 'always'),
    says(phoneMoved),
    speaks(phone, 500, 200),
    speaks(phoneMoved, 100, 'always'),
  ],
  'another fork answers than the one that was heard early': [
    says('203.0.113.5:4000'),
    speaks('203.0.113.5:4000', 1000, 'always'),
    says('203.0.113.9:5000'),
    together(speaks('203.0.113.5:4000', 400, 'never'), speaks('203.0.113.9:5000', 400, 'always')),
  ],
  'ringback from host A and speech from host B, which the answer names': [
    says(phone),
    speaks(phone, 3000, 'always'),
    says(mediaHost),
    speaks(mediaHost, 400, 'always'),
  ],
  'who is said outranks who was learnt, and takes the stream back at any time': [
    says(phone),
    speaks(phoneMoved, 1000, 200),
    passes(60_000),
    speaks(phone, 100, 'always'),
    sendsTo(phone),
    together(speaks(phone, 400, 'always'), speaks(phoneMoved, 400, 'never')),
  ],
  'a learnt source that the next SDP names goes on': [
    says(phone),
    speaks(phone, 1000, 'always'),
    says(phone),
    speaks(mediaHost, 1000, 300),
    says(mediaHost),
    speaks(mediaHost, 100, 'always'),
  ],
  'the old hold, c=0.0.0.0, names nobody': [
    says(phone),
    speaks(phoneMoved, 400, 200),
    says('0.0.0.0:4000'),
    speaks(phoneMoved, 100, 'always'),
    sendsTo(phoneMoved),
    speaks(phone, 100, 'always'),
  ],
  'an IPv6 address may be written in many ways': [
    says('2001:DB8:0:0:0::5:4000', '2001:db8::5'),
    speaks('2001:db8::5:4000', 100, 'always'),
    speaks('2001:db8::6:4000', 1000, 'never'),
  ],
}

const moving: Table = {
  'a NAT gives the phone another port in mid-call': [
    says('192.168.1.5:4000', '203.0.113.5'),
    sendsTo('192.168.1.5:4000'),
    speaks('203.0.113.5:30000', 1000, 'always'),
    sendsTo('203.0.113.5:30000'),
    passes(60_000),
    speaks('203.0.113.5:30001', 1000, 200),
    sendsTo('203.0.113.5:30001'),
  ],
  'a NAT gives the phone another port while it holds, and the SDP of the resume is unchanged': [
    says('192.168.1.5:4000', '203.0.113.5'),
    speaks('203.0.113.5:30000', 1000, 'always'),
    passes(60_000),
    says('192.168.1.5:4000', '203.0.113.5'),
    passes(300_000),
    says('192.168.1.5:4000', '203.0.113.5'),
    speaks('203.0.113.5:31000', 1000, 200),
    sendsTo('203.0.113.5:31000'),
  ],
  "the carrier's source port moves in mid-call": [
    says(phone),
    speaks(phone, 1000, 'always'),
    passes(60_000),
    speaks(phoneMoved, 1000, 200),
    sendsTo(phoneMoved),
  ],
  'a phone that says 192.168.x and is there': [
    says('192.168.1.5:4000', '192.168.1.5'),
    speaks('192.168.1.5:4000', 100, 'always'),
  ],
  'a phone in a VPN whose signalling comes through a proxy speaks from where it says': [
    says('10.8.0.5:4000', '203.0.113.5'),
    speaks('10.8.0.5:4000', 100, 'always'),
  ],
  'carrier-grade NAT: signalling and media leave by two addresses': [
    says('100.64.3.5:4000', '203.0.113.5'),
    speaks('203.0.113.6:30000', 1000, 300),
  ],
  'ringback from host A and speech from host B, and the answer says nothing of it': [
    says(phone),
    speaks(phone, 3000, 'always'),
    says(phone),
    speaks(mediaHost, 1000, 300),
    sendsTo(mediaHost),
  ],
  'another host begins shortly before the answer': [
    says(phone),
    speaks(phone, 12_000, 'always'),
    speaks(mediaHost, 400, 'never'),
    says(phone),
    speaks(mediaHost, 1000, 300),
  ],
  'what is left of the stream before the SDP moved behind a NAT is not the new one': [
    says('192.168.1.5:4000', '203.0.113.5'),
    speaks('203.0.113.5:30000', 1000, 'always'),
    says('192.168.1.5:5000', '203.0.113.5'),
    speaks('203.0.113.5:30000', 40, 'never'),
    speaks('203.0.113.5:30500', 400, 'always'),
  ],
  'it stays where it was behind the NAT though its SDP has moved': [
    says('192.168.1.5:4000', '203.0.113.5'),
    speaks('203.0.113.5:30000', 1000, 'always'),
    says('192.168.1.5:5000', '203.0.113.5'),
    speaks('203.0.113.5:30000', 400, 200),
  ],
  'a stream with pauses is believed while it speaks': [
    says(phone),
    speaks(phone, 1000, 'always'),
    passes(5000),
    speaks(phone, 1000, 'always'),
  ],
}

const strangers: Table = {
  'a stranger who is first is not heard, nor sent to; the phone is': [
    says(phone, '203.0.113.5'),
    speaks(stranger, 5000, 'never'),
    sendsTo(phone),
    speaks(phone, 100, 'always'),
  ],
  'a stranger who is first while a phone behind a NAT is silent gives way to it': [
    says('192.168.1.5:4000', '203.0.113.5'),
    speaks(stranger, 200, 'never'),
    speaks('203.0.113.5:30000', 400, 'always'),
    together(speaks('203.0.113.5:30000', 400, 'always'), speaks(stranger, 400, 'never')),
  ],
  'a stranger with the right port and another host': [
    says(phone, '203.0.113.5'),
    speaks('198.51.100.66:4000', 3000, 'never'),
  ],
  'a stranger beside a carrier that speaks': [
    says(phone),
    together(speaks(phone, 3000, 'always'), speaks(stranger, 3000, 'never'), speaks(phoneMoved, 3000, 'never')),
    sendsTo(phone),
  ],
  'a stranger beside a phone that has fallen silent': [
    says(phone, '203.0.113.5'),
    speaks(phone, 1000, 'always'),
    speaks(stranger, 5000, 'never'),
  ],
  'a stranger beside a carrier that falls silent long after the answer': [
    says(phone),
    speaks(phone, 20_000, 'always'),
    speaks(stranger, 5000, 'never'),
  ],
  'packets now and then are no stream': [
    says(phone),
    ...Array.from({ length: 20 }, (): Step[] => [speaks(phoneMoved, 20, 'never'), passes(150)]).flat(),
  ],
  'two streams at once of which the SDP names neither: none, until one is alone': [
    says(phone),
    together(speaks('203.0.113.5:1000', 1000, 'never'), speaks('203.0.113.5:2000', 1000, 'never')),
    speaks('203.0.113.5:1000', 1000, 200),
  ],
  'the nearer of two is the one': [
    says(phone),
    together(speaks(phoneMoved, 1000, 200), speaks(stranger, 1000, 'never')),
  ],
}

for (const [name, table] of Object.entries({ said, moving, strangers })) {
  describe(name, () => {
    for (const [title, steps] of Object.entries(table)) test(title, () => play(steps))
  })
}

/** Numbers and choices of one run; replayed by its seed. */
const createChoices = (seed: number) => {
  const random = createSeededRandom(seed)
  const below = (count: number): number => Math.floor(random.fraction() * count)
  return { below, one: <T>(values: readonly T[]): T => values[below(values.length)] as T }
}

test('whatever comes in whatever order: what is said is heard, who speaks is not taken over, and nobody is heard by surprise', () => {
  const hosts = ['203.0.113.5', '203.0.113.6', '192.168.1.5', '198.51.100.66']
  const addresses = hosts.flatMap((host) => [1000, 2000, 3000].map((port) => ({ host, port })))
  const { below, one } = createChoices(runSeed)
  for (let run = 0; run < 300; run++) {
    const latch = new SourceLatch()
    let said: { host: string; port: number; signallingHost?: string | undefined } | undefined
    let [now, saidAt, accepted, heardAt] = [0, 0, 0, Number.NEGATIVE_INFINITY]
    /** Of each source, when its stream began that has had no gap since, and its last packet. */
    const streams = new Map<string, { since: number; last: number }>()
    for (let step = 0; step < 400; step++) {
      now += one([0, 1, 10, 20, 20, 20, 20, 60, 90, 150, 11_000])
      if (said === undefined || below(40) === 0) {
        said = { ...one(addresses), signallingHost: one([undefined, ...hosts]) }
        latch.say({ ...said, ptime: 20 }, now)
        saidAt = now
        continue
      }
      // Mostly the stream of one source, as it is; sometimes another one's packet.
      const { host, port } = below(5) === 0 ? one(addresses) : (addresses[Math.floor(step / 60) % 12] ?? said)
      const name = `${host}:${port}`
      const stream = streams.get(name)
      const since = stream !== undefined && now - stream.last <= 100 ? stream.since : now
      streams.set(name, { since, last: now })
      const before = { host: latch.host, port: latch.port, state: latch.state }
      const verdict = latch.hear(host, port, now, accepted)
      const isSaid = host === said.host && port === said.port
      const context = `seed ${runSeed}, run ${run}, step ${step}: ${name} at ${now}`
      if (isSaid) assert.notEqual(verdict, 'refused', context)
      if (verdict === 'refused') {
        assert.deepEqual({ host: latch.host, port: latch.port, state: latch.state }, before, context)
        continue
      }
      accepted++
      assert.deepEqual([latch.host, latch.port], [host, port], context)
      if (verdict === 'new' && !isSaid) {
        const isBehindNat = before.state === 'waiting' && host === said.signallingHost && host !== said.host
        const isNear = [said.host, said.signallingHost, before.host].includes(host)
        if (!isBehindNat) {
          assert.ok(now - since >= (isNear ? 200 : 300), `${context}: believed after ${now - since} ms`)
          assert.ok(before.state === 'waiting' || now - heardAt >= 200, `${context}: taken over`)
        }
        assert.ok(isNear || (now - saidAt <= 10_000 && said.signallingHost !== said.host), `${context}: a stranger`)
      }
      heardAt = now
    }
  }
})
