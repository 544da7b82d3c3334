import { driverContract } from '../../../test/support/driver-contract.ts'
import { SipPhone } from '../../../test/support/sip-phone.ts'
import { createTestEngine } from '../../../test/support/test-engine.ts'
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
