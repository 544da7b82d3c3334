import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { type LookUpHost, MediaHosts } from './media-hosts.ts'

const create = (lookUp: LookUpHost) => {
  const clock = new VirtualClock()
  const asked: string[] = []
  const hosts = new MediaHosts(clock, (name, family) => {
    asked.push(name)
    return lookUp(name, family)
  })
  return { clock, hosts, asked }
}

test('a name is asked for once in a while, in the family that is wanted', async () => {
  const { clock, hosts, asked } = create(async (_, family) =>
    family === 4 ? ['192.0.2.7', '192.0.2.8'] : ['2001:db8::7'],
  )
  assert.equal(await hosts.find('media.example', 4), '192.0.2.7')
  assert.equal(await hosts.find('Media.Example', 4), '192.0.2.7')
  assert.equal(await hosts.find('media.example', 6), '2001:db8::7')
  assert.equal(asked.length, 2)
  await clock.advance(30_001)
  await hosts.find('media.example', 4)
  assert.equal(asked.length, 3)
})

test('a name without an address, and one whose server is silent, have none', async () => {
  const { clock, hosts } = create((name) =>
    name === 'slow.example' ? new Promise(() => {}) : Promise.reject(new Error()),
  )
  assert.equal(await hosts.find('nowhere.example', 4), undefined)
  const slow = hosts.find('slow.example', 4)
  await clock.advance(2001)
  assert.equal(await slow, undefined)
})

test('slow names hold no more than two questions at a time', async () => {
  const { hosts, asked } = create(() => new Promise(() => {}))
  void hosts.find('one.example', 4)
  void hosts.find('two.example', 4)
  assert.equal(await hosts.find('three.example', 4), undefined)
  assert.deepEqual(asked, ['one.example', 'two.example'])
})

test('what is no host name is not asked for: the system would take some of it for addresses', async () => {
  const { hosts, asked } = create(async () => ['192.0.2.7'])
  for (const name of [
    '127.1',
    '0x7f000001',
    '2130706433',
    '1.2.3.4.5',
    '',
    '.',
    'a..b',
    'a b',
    '-a',
    `${'a'.repeat(254)}`,
  ]) {
    assert.equal(await hosts.find(name, 4), undefined, name)
  }
  assert.deepEqual(asked, [])
})
