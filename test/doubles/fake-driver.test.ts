import { driverContract } from '../support/driver-contract.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { FakeDriver } from './fake-driver.ts'
import { FakeNetwork, type FakePhone } from './fake-network.ts'

driverContract('the fake driver', async ({ lines = {}, trunks = {} }) => {
  const clock = new VirtualClock()
  const network = new FakeNetwork(clock)
  const phones = new Map<string, FakePhone>()
  for (const [number, scripts] of Object.entries(lines)) {
    for (const [index, phone] of network.setLine({ account: 'acme', number }, scripts).entries()) {
      phones.set(`${number}/${index}`, phone)
    }
  }
  for (const [name, script] of Object.entries(trunks)) phones.set(name, network.setTrunk(name, script))
  const driver = new FakeDriver({ network, clock })
  return {
    driver,
    phones: network,
    clock,
    trunkAddress: (name) => `sip:${name}.example`,
    heard: (phone) => phones.get(phone)?.heard ?? [],
    up: () => [...phones.values()].reduce((sum, phone) => sum + phone.calls.size, 0),
    held: () => driver.legs.size,
    crash: async () => {
      driver.die()
      return new FakeDriver({ network, clock })
    },
  }
})
