import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { driverContract } from '../../../test/support/driver-contract.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { SipPhone } from '../../../test/support/sip-phone.ts'
import { createTestEngine, lineDestination } from '../../../test/support/test-engine.ts'
import type { EndCause } from '../../call/end-cause.ts'
import type { SipEngine } from './sip-engine.ts'

driverContract('the embedded SIP engine', async ({ lines = {}, trunks = {} }) => {
  const scripts = Object.entries(lines).flatMap(([line, phones]) =>
    phones.map((script, index) => ({ name: `${line}/${index}`, line, script })),
  )
  const registrations = scripts.map(({ line }, index) => ({ line, port: 6001 + index }))
  const { clock, network, media, engine, start } = await createTestEngine(registrations)
  const phones = new Map(
    scripts.map(({ name, script }, index) => [name, new SipPhone(network, clock, 6001 + index, script)]),
  )
  const trunkPort = (name: string) => 7001 + Object.keys(trunks).indexOf(name)
  for (const [name, script] of Object.entries(trunks)) {
    phones.set(name, new SipPhone(network, clock, trunkPort(name), script))
  }
  let running: SipEngine = engine
  return {
    driver: engine,
    phones: engine,
    clock,
    trunkAddress: (name) => `sip:127.0.0.1:${trunkPort(name)}`,
    heard: (phone) => phones.get(phone)?.heard ?? [],
    up: () => [...phones.values()].reduce((sum, phone) => sum + phone.up, 0),
    held() {
      const { media: _, registrations: __, timers: ___, ...counts } = running.counts()
      return Object.values(counts).reduce((sum, count) => sum + count, media.counts().endpoints)
    },
    async crash() {
      // The dead process sends no more and hears nothing; what it would have emitted dies with it.
      network.faults = () => []
      network.unbind({ host: '127.0.0.1', port: 5060 })
      running = await start(5060, 2)
      network.faults = () => [1]
      return running
    },
  }
})

describe('a network that delays, reorders and repeats', () => {
  const moment = fc.integer({ min: 0, max: 300 })
  const members = {
    rings: moment,
    answers: moment,
    refuses: fc.record({ after: moment, as: fc.constantFrom<EndCause>('busy', 'rejected', 'congestion') }),
    hangsUp: moment,
  }
  const phones = fc.array(fc.record(members, { requiredKeys: [] }), { minLength: 1, maxLength: 3 })

  test('whatever phones do and whenever the leg is hung up: one end, nobody rings or talks, nothing is held', async () => {
    const property = fc.asyncProperty(phones, moment, fc.nat(), async (scripts, at, seed) => {
      const engine = await createTestEngine(scripts.map((_, index) => ({ line: '101', port: 6001 + index })))
      const { clock, network } = engine
      const { fraction } = createSeededRandom(seed)
      const delay = () => 1 + Math.floor(fraction() * 60)
      network.faults = () => (fraction() < 0.2 ? [delay(), delay()] : [delay()])
      const stage = scripts.map((script, index) => new SipPhone(network, clock, 6001 + index, script))
      const leg = engine.dial({ destination: lineDestination('101') })
      await clock.advance(at)
      leg.handle.hangup('cancelled')
      await engine.assertClean()
      assert.match(leg.story.join(), /^(ringing,)?(answered,)?ended:[a-z-]+$/)
      for (const phone of stage) assert.equal(phone.up, 0, `${leg.story}: a phone that heard ${phone.heard}`)
    })
    await fc.assert(property, { numRuns: 200 })
  })
})
