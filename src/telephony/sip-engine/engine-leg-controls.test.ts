import assert from 'node:assert/strict'
import { test } from 'node:test'
import { talk } from '../../../test/support/talking-legs.ts'
import { testDescription } from '../../../test/support/test-engine.ts'

const holding = (direction: string) => testDescription(43_000, '8 101', [`a=${direction}`])

for (const method of ['INVITE', 'UPDATE'] as const) {
  test(`a phone that holds by ${method} is told of once, however often it says so, and so is that it resumes`, async () => {
    const { one, other, alice, offer, end } = await talk()
    await offer(alice, method, 1, holding('sendonly'))
    await offer(alice, method, 2, holding('sendonly'))
    await offer(alice, method, 3, holding('inactive'))
    assert.deepEqual(one.story, ['ringing', 'answered', 'held'])
    await offer(alice, method, 4, testDescription(43_000, '8 101'))
    await offer(alice, method, 5, testDescription(43_000, '8 101'))
    assert.deepEqual(one.story, ['ringing', 'answered', 'held', 'resumed'])
    assert.deepEqual(other.story, ['ringing', 'answered'])
    await end()
  })
}

test('digits are pressed for the party they are sent to, one after the other, until it hangs up', async () => {
  const { clock, media, one, other, end } = await talk()
  const pressed = () =>
    media.commands.flatMap((command) => (command.op === 'press' ? `${command.id} ${command.digit}` : []))
  other.handle.sendDigits('1w')
  one.handle.sendDigits('5')
  other.handle.sendDigits('2#')
  await clock.advance(600)
  assert.deepEqual(pressed(), ['2 1', '1 5'])
  await clock.advance(200)
  assert.deepEqual(pressed(), ['2 1', '1 5', '2 2'])
  await end()
  assert.deepEqual(pressed(), ['2 1', '1 5', '2 2'])
})
