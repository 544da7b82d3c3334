import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { DnsResolver, type ServiceRecord } from './dns-resolver.ts'
import { TransportError } from './transport-error.ts'

const setUp = (services: Record<string, ServiceRecord[]>, addresses: Record<string, string[]>) => {
  const clock = new VirtualClock()
  const asked: string[] = []
  const find = <Record>(table: { [name: string]: Record[] }, name: string): Promise<Record[]> => {
    asked.push(name)
    const found = table[name]
    return found === undefined ? Promise.reject(failure('ENOTFOUND', name)) : Promise.resolve(found)
  }
  const queries = {
    services: (name: string) => find(services, name),
    addresses: (name: string) => find(addresses, name),
  }
  return { clock, asked, resolver: new DnsResolver(clock, createSeededRandom(1), queries) }
}

const failure = (code: string, name: string): Error => Object.assign(new Error(`${code} ${name}`), { code })

const to = (host: string, port = 5060) => ({ protocol: 'udp', host, port }) as const

describe('RFC 3263, reduced', () => {
  it('section 4.2: a numeric host is taken as it is, at once', () => {
    const { resolver, asked } = setUp({}, {})
    const destination = to('192.0.2.1', 5080)
    assert.equal(resolver.resolve(destination), destination)
    assert.deepEqual(resolver.resolve(to('[2001:db8::1]')), to('2001:db8::1'))
    assert.deepEqual(resolver.resolve(to('192.0.2.1', 0)), to('192.0.2.1', 5060))
    assert.deepEqual(asked, [])
  })

  it('section 4.2: SRV of the transport, then the address of its target', async () => {
    const record = { name: 'sbc.example.com', port: 5070, priority: 1, weight: 1 }
    const later = { name: 'backup.example.com', port: 5060, priority: 2, weight: 9 }
    const { resolver, asked } = setUp(
      { '_sip._udp.example.com': [later, record] },
      { 'sbc.example.com': ['198.51.100.7'] },
    )
    assert.deepEqual(await resolver.resolve(to('Example.com')), to('198.51.100.7', 5070))
    assert.deepEqual(asked, ['_sip._udp.example.com', 'sbc.example.com'])
  })

  it('section 4.2: without SRV the address of the name', async () => {
    const { resolver } = setUp({}, { 'pbx.example.com': ['198.51.100.8'] })
    assert.deepEqual(await resolver.resolve(to('pbx.example.com')), to('198.51.100.8'))
  })

  it('section 4.2: an explicit port needs no SRV', async () => {
    const { resolver, asked } = setUp({}, { 'pbx.example.com': ['198.51.100.8'] })
    assert.deepEqual(await resolver.resolve(to('pbx.example.com', 6060)), to('198.51.100.8', 6060))
    assert.deepEqual(asked, ['pbx.example.com'])
  })

  it('RFC 2782: targets of one priority are drawn by weight', async () => {
    const records = [1, 3].map((weight) => ({ name: `w${weight}.example`, port: 5060, priority: 1, weight }))
    const { resolver } = setUp(
      { '_sip._udp.example.com': records },
      { 'w1.example': ['192.0.2.1'], 'w3.example': ['192.0.2.3'] },
    )
    let heavy = 0
    for (let draw = 0; draw < 400; draw++)
      heavy += (await resolver.resolve(to('example.com'))).host === '192.0.2.3' ? 1 : 0
    assert.ok(heavy > 260 && heavy < 340, String(heavy))
  })

  it('asks once a minute, and again ten seconds after a failure', async () => {
    const addresses: Record<string, string[]> = {}
    const { clock, resolver, asked } = setUp({}, addresses)
    await assert.rejects(resolver.resolve(to('late.example', 6060)) as Promise<unknown>, TransportError)
    addresses['late.example'] = ['192.0.2.9']
    await assert.rejects(resolver.resolve(to('late.example', 6060)) as Promise<unknown>, /late\.example/)
    await clock.advance(10_000)
    await resolver.resolve(to('late.example', 6060))
    await clock.advance(59_000)
    await resolver.resolve(to('late.example', 6060))
    assert.equal(asked.length, 2)
    await clock.advance(1001)
    await resolver.resolve(to('late.example', 6060))
    assert.equal(asked.length, 3)
  })

  it('takes the first address that there is a socket for, whatever the system puts first', async () => {
    const clock = new VirtualClock()
    const queries = {
      services: (name: string) => Promise.reject(failure('ENODATA', name)),
      addresses: async (name: string) => (name === 'six.example' ? ['2001:db8::7'] : ['2001:db8::7', '198.51.100.7']),
    }
    const resolver = new DnsResolver(clock, createSeededRandom(1), queries, (_protocol, host) => !host.includes(':'))
    assert.deepEqual(await resolver.resolve(to('dual.example')), to('198.51.100.7'))
    const rejected = resolver.resolve(to('six.example')) as Promise<unknown>
    await assert.rejects(rejected, /2001:db8::7 is of a family in which no SIP port is open/)
  })

  it('section 4.3: an address that has not answered is avoided for five minutes, as long as there is another', async () => {
    const primary = { name: 'one.example', port: 5070, priority: 1, weight: 1 }
    const backup = { name: 'two.example', port: 5060, priority: 2, weight: 1 }
    const { clock, resolver } = setUp(
      { '_sip._udp.example.com': [backup, primary] },
      { 'one.example': ['192.0.2.1', '192.0.2.2'], 'two.example': ['192.0.2.3'] },
    )
    const find = async () => {
      const { host, port } = await resolver.resolve(to('example.com'))
      return `${host}:${port}`
    }
    const tried: string[] = []
    for (let round = 0; round < 4; round++) {
      const found = await find()
      tried.push(found)
      const [host = '', port] = found.split(':')
      resolver.avoid({ host, port: Number(port) })
      await clock.advance(1000)
    }
    // All have failed: back to where it is most likely.
    assert.deepEqual(tried, ['192.0.2.1:5070', '192.0.2.2:5070', '192.0.2.3:5060', '192.0.2.1:5070'])
    await clock.advance(297_500)
    assert.equal(await find(), '192.0.2.2:5070')
    await clock.advance(5000)
    assert.equal(await find(), '192.0.2.1:5070')
  })

  describe('RFC 8767: while DNS does not answer', () => {
    const outage = () => {
      const clock = new VirtualClock()
      type Answer = 'answers' | 'fails' | 'is silent' | 'says that there is nothing'
      const state: { dns: Answer; asked: number } = { dns: 'answers', asked: 0 }
      const answer = <Record>(name: string, records: Record[]): Promise<Record[]> => {
        state.asked++
        if (state.dns === 'answers') return Promise.resolve(records)
        if (state.dns === 'is silent') return new Promise(() => {})
        return Promise.reject(failure(state.dns === 'fails' ? 'ESERVFAIL' : 'ENOTFOUND', name))
      }
      const record = { name: 'edge.example', port: 5070, priority: 1, weight: 1 }
      const resolver = new DnsResolver(clock, createSeededRandom(1), {
        services: (name) => answer(name, [record]),
        addresses: (name) => (name === 'edge.example' ? answer(name, ['198.51.100.7']) : answer<string>(name, [])),
      })
      const resolve = () => Promise.resolve(resolver.resolve(to('carrier.example')))
      return { clock, state, resolve }
    }
    const known = to('198.51.100.7', 5070)

    it('what it said last is taken, for a day, and it is asked again every ten seconds', async () => {
      const { clock, state, resolve } = outage()
      assert.deepEqual(await resolve(), known)
      state.dns = 'fails'
      await clock.advance(61_000)
      assert.deepEqual(await resolve(), known)
      const { asked } = state
      await clock.advance(9000)
      assert.deepEqual(await resolve(), known)
      assert.equal(state.asked, asked)
      await clock.advance(2000)
      assert.deepEqual(await resolve(), known)
      assert.ok(state.asked > asked)
      await clock.advance(24 * 3600_000)
      await assert.rejects(resolve(), TransportError)
      state.dns = 'answers'
      await clock.advance(10_001)
      assert.deepEqual(await resolve(), known)
      assert.equal(clock.pending, 0)
    })

    it('no call waits for it longer than a moment', async () => {
      const { clock, state, resolve } = outage()
      assert.deepEqual(await resolve(), known)
      state.dns = 'is silent'
      await clock.advance(61_000)
      const found: unknown[] = []
      void resolve().then((destination) => found.push(destination))
      await clock.advance(1000)
      assert.deepEqual(found, [known])
    })

    it('that there is nothing is an answer', async () => {
      const { clock, state, resolve } = outage()
      assert.deepEqual(await resolve(), known)
      state.dns = 'says that there is nothing'
      await clock.advance(61_000)
      await assert.rejects(resolve(), /the name does not exist/)
    })

    it('SRV records that could not be had are asked for again soon: the name alone may have no address', async () => {
      const { clock, state, resolve } = outage()
      state.dns = 'fails'
      await assert.rejects(resolve(), TransportError)
      state.dns = 'answers'
      await clock.advance(10_001)
      assert.deepEqual(await resolve(), known)
    })
  })

  it('does not wait for ever', async () => {
    const clock = new VirtualClock()
    const never = () => new Promise<never>(() => {})
    const resolver = new DnsResolver(clock, createSeededRandom(1), { services: never, addresses: never })
    const result = assert.rejects(resolver.resolve(to('example.com')) as Promise<unknown>, { code: 'unresolved' })
    await clock.advance(5000)
    await result
    assert.equal(clock.pending, 0)
  })
})
