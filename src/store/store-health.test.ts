import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { StoreError } from './store-error.ts'
import { StoreHealth } from './store-health.ts'

let clock: VirtualClock
let fault: StoreError | undefined
let probes: number
let told: string[]
let health: StoreHealth
beforeEach(() => {
  clock = new VirtualClock()
  fault = undefined
  probes = 0
  told = []
  health = new StoreHealth(
    async () => {
      probes++
      if (fault === undefined) return health.worked()
      health.failed(fault)
      throw fault
    },
    (now) => told.push(now?.code ?? 'sound'),
    clock,
  )
})

const full = new StoreError('disk-full', 'the disk is full')

test('a fault is told once however often a write fails, and its end once; until then it is probed for', async () => {
  fault = full
  for (let n = 0; n < 100; n++) health.failed(full)
  await clock.advance(10_000)
  assert.deepEqual([told, probes], [['disk-full'], 5])
  fault = undefined
  await clock.advance(2000)
  for (let n = 0; n < 100; n++) health.worked()
  assert.deepEqual(told, ['disk-full', 'sound'])
  assert.equal(clock.pending, 0)
})

test('another fault in its place is told too', () => {
  health.failed(full)
  health.failed(new StoreError('file-lost', 'gone'))
  health.failed(new StoreError('file-lost', 'gone'))
  assert.deepEqual(told, ['disk-full', 'file-lost'])
  health.stop()
})

test('a check is a write, unless one was made within a second; many at once are one', async () => {
  fault = full
  const found = await Promise.all(Array.from({ length: 50 }, () => health.check()))
  assert.deepEqual([new Set(found), probes], [new Set([full]), 1])
  await clock.advance(900)
  assert.equal(await health.check(), full)
  assert.equal(probes, 1)
  fault = undefined
  await clock.advance(2000)
  assert.equal(await health.check(), undefined)
  health.stop()
  assert.equal((await health.check())?.code, 'closed')
})
