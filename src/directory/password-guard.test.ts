import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { GuessingError, PasswordGuard, type PasswordQuestion } from './password-guard.ts'

let clock: VirtualClock
let guard: PasswordGuard
/** Passwords that were checked, in the order in which they were. */
let checked: string[]
beforeEach(() => {
  clock = new VirtualClock()
  checked = []
  guard = new PasswordGuard(clock, async (password, hash) => {
    checked.push(password)
    await new Promise((resolve) => setImmediate(resolve))
    return password === hash
  })
})

const office = '192.0.2.1'
const stranger = '198.51.100.7'
const right = "alice's own"

const ask = (password: string, from = office, more: Partial<PasswordQuestion> = {}) =>
  guard.check({ user: 'alice', password, hash: right, from, ...more })
const outcomeOf = (asking: Promise<boolean>): Promise<string> =>
  asking.then(
    (isRight) => (isRight ? 'right' : 'wrong'),
    (error: unknown) =>
      error instanceof GuessingError ? `wait ${error.unavailable.retryAfterSeconds}` : String(error),
  )
/** That many different wrong passwords at once, counted by what became of them. */
async function guess(times: number, from: string, more: Partial<PasswordQuestion> = {}, name = 'guess') {
  const asked = Array.from({ length: times }, (_, n) => outcomeOf(ask(`${name} ${n}`, from, more)))
  const outcomes = await Promise.all(asked)
  return Object.fromEntries([...Map.groupBy(outcomes, (one) => one)].map(([one, { length }]) => [one, length]))
}

describe('what is remembered', () => {
  it('a right password is checked once in five minutes', async () => {
    for (let n = 0; n < 3; n++) assert.equal(await ask(right), true)
    assert.deepEqual(checked, [right])
    await clock.advance(5 * 60_000)
    assert.equal(await ask(right), true)
    assert.equal(checked.length, 2)
  })
  it('a wrong one that is sent again is no further guess, and does not push out the right one', async () => {
    await ask(right)
    for (let n = 0; n < 100; n++) assert.equal(await ask('out of date'), false)
    assert.deepEqual(checked, [right, 'out of date'])
    assert.equal(await ask(right), true)
  })
  it('a wrong one that becomes right is asked anew: what is remembered is of one hash', async () => {
    assert.equal(await ask('new'), false)
    assert.equal(await ask('new', office, { hash: 'new' }), true)
    assert.equal(await ask(right, office, { hash: 'new' }), false)
  })
  it("one user's password is no other's", async () => {
    await ask(right)
    assert.equal(await ask(right, office, { user: 'bob', hash: "bob's own" }), false)
  })
  it('the same question asked by many at once is one check', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(right)))
    assert.ok(answers.every((isRight) => isRight))
    assert.equal(checked.length, 1)
  })
  it('a check that fails is forgotten', async () => {
    let isBroken = true
    guard = new PasswordGuard(clock, async (password, hash) => {
      if (isBroken) throw new Error('no memory')
      return password === hash
    })
    await assert.rejects(ask(right), /no memory/)
    isBroken = false
    assert.equal(await ask(right), true)
  })
})

describe('guessing starves only itself', () => {
  it('150 at once from one address: a few are checked, and the right one from elsewhere comes soon', async () => {
    const guessing = guess(150, stranger)
    const before = checked.length
    assert.equal(await outcomeOf(ask(right)), 'right')
    assert.ok(checked.indexOf(right) <= before + 3, `after ${checked.indexOf(right)} others`)
    assert.deepEqual(await guessing, { wrong: 20, 'wait 6': 130 })
  })
  it('from one IPv6 network, however many its addresses', async () => {
    const asked = Array.from({ length: 100 }, (_, n) => outcomeOf(ask(`guess ${n}`, `2001:db8:1:2::${n}`)))
    assert.equal((await Promise.all(asked)).filter((outcome) => outcome === 'wrong').length, 20)
    assert.equal(await outcomeOf(ask(right, '2001:db8:1:3::1')), 'right')
  })
  it('one more each six seconds', async () => {
    await guess(50, stranger)
    await clock.advance(60_000)
    assert.deepEqual(await guess(50, stranger, {}, 'later'), { wrong: 10, 'wait 6': 40 })
  })
  it('a right password that was checked a short while ago passes whatever is guessed beside it', async () => {
    await ask(right)
    await guess(50, office)
    assert.equal(await outcomeOf(ask(right)), 'right')
  })
  it('in a house where one guesses, whose passwords were right there before go on for a day', async () => {
    await ask(right)
    await guess(50, office, { user: 'bob', hash: "bob's own" })
    await clock.advance(10 * 60_000)
    await guess(200, office, { user: 'carol', hash: 'x' }, 'more')
    assert.equal(await outcomeOf(ask(right)), 'right')
    assert.match(await outcomeOf(ask("bob's own", office, { user: 'bob', hash: "bob's own" })), /^wait/)
  })
  it('and nobody in that house guesses their passwords for ever', async () => {
    await ask(right)
    assert.deepEqual(await guess(150, office), { wrong: 20, 'wait 6': 130 })
  })
  it('one user from fifty addresses: the owner may come from a new one, the others may not go on', async () => {
    let total = 0
    for (let n = 0; n < 50; n++) total += (await guess(20, `10.0.0.${n}`, {}, `guess of ${n}`))['wrong'] ?? 0
    // Twenty for the user, and from each address as many as a person mistypes.
    assert.ok(total <= 20 + 50 * 8, String(total))
    assert.equal(await outcomeOf(ask(right, '203.0.113.5')), 'right')
  })
  it('a hundred users of one house sign in at once', async () => {
    const users = Array.from({ length: 100 }, (_, n) =>
      outcomeOf(guard.check({ user: `user ${n}`, password: `own ${n}`, hash: `own ${n}`, from: office })),
    )
    assert.deepEqual(new Set(await Promise.all(users)), new Set(['right']))
  })
})

describe('a signature beside the password', () => {
  const signed = (given: string, password = right) =>
    ask(password, stranger, { signature: { given, isRight: () => given === 'signed' } })

  it('both must be right', async () => {
    assert.equal(await signed('signed'), true)
    assert.equal(await signed('forged'), false)
    assert.equal(await signed('signed', 'wrong'), false)
    assert.equal(await signed('signed'), true)
  })
  it('is guessed no more often than a password, though the password is right and known', async () => {
    await signed('signed')
    const outcomes: string[] = []
    for (let n = 0; n < 100; n++) outcomes.push(await outcomeOf(signed(`forged ${n}`)))
    assert.equal(outcomes.filter((outcome) => outcome === 'wrong').length, 20)
    assert.equal(await outcomeOf(signed('signed')), 'right')
  })
  it('with a right and with a wrong password a wrong one costs the same check', async () => {
    await signed('signed')
    checked.length = 0
    for (const password of [right, 'wrong', right, 'wrong']) await signed('forged', password)
    assert.deepEqual(checked, [right, 'wrong'])
  })
})
