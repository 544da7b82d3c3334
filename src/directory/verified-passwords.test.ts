import assert from 'node:assert/strict'
import { beforeEach, it } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { VerifiedPasswords } from './verified-passwords.ts'

let clock: VirtualClock
let passwords: VerifiedPasswords
let checks: number
beforeEach(() => {
  clock = new VirtualClock()
  passwords = new VerifiedPasswords(clock)
  checks = 0
})

const check = (user: string, password: string): Promise<boolean> =>
  passwords.check(user, password, async () => {
    checks++
    return password === `${user}'s own`
  })

it('a right password is checked once in five minutes', async () => {
  for (let n = 0; n < 3; n++) assert.equal(await check('alice', "alice's own"), true)
  assert.equal(checks, 1)
  await clock.advance(5 * 60_000)
  assert.equal(await check('alice', "alice's own"), true)
  assert.equal(checks, 2)
})
it('a wrong one is checked each time, and does not push out the right one', async () => {
  await check('alice', "alice's own")
  for (let n = 0; n < 3; n++) assert.equal(await check('alice', 'wrong'), false)
  assert.equal(checks, 4)
  await check('alice', "alice's own")
  assert.equal(checks, 4)
})
it("one user's password is no other's", async () => {
  await check('alice', "alice's own")
  assert.equal(await check('bob', "alice's own"), false)
})
it('the same question asked by many at once is one check', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => check('alice', "alice's own")))
  assert.ok(answers.every((right) => right))
  assert.equal(checks, 1)
})
it('a check that fails is forgotten', async () => {
  const broken = () => Promise.reject(new Error('no memory'))
  await assert.rejects(passwords.check('alice', "alice's own", broken), /no memory/)
  assert.equal(await check('alice', "alice's own"), true)
})
