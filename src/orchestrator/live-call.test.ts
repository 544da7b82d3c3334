import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { quick, openLiveCall as setUp } from '../../test/support/live-call-scene.ts'

describe('a call from its first ring to its end', () => {
  test('tells its story in order', async () => {
    const { clock, call, story, verdict, assertOver, assertLogged } = await setUp({
      first: [quick],
      second: [{ ...quick, hangsUp: 1000 }],
      writeMilliseconds: 3,
    })
    call.start()
    await clock.advance(10_000)
    assert.deepEqual(story(), [
      'first:dialled',
      'first:ringing',
      'first:answered',
      'second:dialled',
      'second:ringing',
      'second:answered',
      'bridged',
      'second:ended',
      'ending',
      'first:ended',
      'ended',
    ])
    assert.equal(verdict(), 'completed by second')
    assertOver()
    assertLogged()
  })

  for (const [what, scene, expected] of [
    ['the first party is busy', { first: [{ refuses: { after: 10, as: 'busy' } }], second: [quick] }, 'busy by first'],
    [
      'the second rejects',
      { first: [quick], second: [{ refuses: { after: 10, as: 'rejected' } }] },
      'rejected by second',
    ],
    ['the first does not answer', { first: [{ rings: 10 }], second: [quick] }, 'no-answer by first'],
    ['the second does not answer', { first: [quick], second: [{ rings: 10 }] }, 'no-answer by second'],
    ['the second has no phone any more', { first: [quick], second: [] }, 'unavailable by second'],
    [
      'the first hangs up while the second rings',
      { first: [{ answers: 10, hangsUp: 500 }], second: [{ rings: 10 }] },
      'cancelled by first',
    ],
    ['a queue that nobody is free in', { first: [quick], second: [], queue: 'ring-all' }, 'unavailable by second'],
  ] as const) {
    test(`${what}: ${expected}`, async () => {
      const { clock, call, verdict, assertOver, assertLogged } = await setUp(scene)
      call.start()
      await clock.advance(100_000)
      assert.equal(verdict(), expected)
      assertOver()
      assertLogged()
    })
  }
})

describe('the second party, whose record goes with the answer of the first', () => {
  const slow = { first: [{ rings: 10, answers: 100 }], second: [{ rings: 10 }], writeMilliseconds: 50 } as const
  for (const queue of [undefined, 'ring-all'] as const) {
    test(`is rung one write after the answer, not two${queue === undefined ? '' : ', of a queue too'}`, async () => {
      const { clock, call, phones, story } = await setUp({ ...slow, ...(queue === undefined ? {} : { queue }) })
      const [, second] = phones.flat()
      call.start()
      await clock.advance(50 + 100 + 49)
      assert.deepEqual([second?.heard, story()], [[], ['first:dialled', 'first:ringing']])
      await clock.advance(1)
      assert.deepEqual(second?.heard, ['invite'])
      assert.deepEqual(story().slice(2), ['first:answered', 'second:dialled'])
      call.end('cancelled')
      await clock.advance(1000)
    })
  }
  for (const [who, first, end] of [
    ['the first party hangs up', { ...slow.first[0], hangsUp: 20 }, false],
    ['the client cancels', slow.first[0], true],
  ] as const) {
    test(`is never rung where ${who} before the answer is on disk`, async () => {
      const { clock, call, phones, story, assertOver, assertLogged } = await setUp({ ...slow, first: [first] })
      const [, second] = phones.flat()
      call.start()
      await clock.advance(50 + 100 + 25)
      if (end) call.end('cancelled')
      await clock.advance(10_000)
      assert.deepEqual(second?.heard, [])
      assert.deepEqual(
        story().filter((event) => event.startsWith('second')),
        ['second:dialled', 'second:ended'],
      )
      assertOver()
      assertLogged()
    })
  }
})

test('a call that everybody forgot ends in time', async () => {
  const { clock, call, verdict, assertOver } = await setUp({ first: [quick], second: [quick] })
  call.start()
  await clock.advance(3_599_000)
  assert.equal(verdict(), undefined)
  await clock.advance(2000)
  assert.equal(verdict(), 'completed')
  assertOver()
})

describe('a delayed call', () => {
  const month = 30 * 24 * 3600 * 1000

  test('waits, also for longer than a timer can', async () => {
    const { clock, call, story, phones } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() + month)
    await clock.advance(month - 1)
    assert.deepEqual(phones[0]?.[0]?.heard, [])
    await clock.advance(10)
    assert.deepEqual(story().slice(0, 1), ['first:dialled'])
    call.end('cancelled')
    await clock.advance(1000)
  })

  test('is not dialled before the wall clock says so, not by a millisecond', async () => {
    const { clock, call, story } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() + 60_000)
    // To the timer it looks as if it had fired early.
    clock.setWallClock(-1)
    await clock.advance(60_000)
    assert.deepEqual(story(), [])
    await clock.advance(1)
    assert.deepEqual(story(), ['first:dialled'])
    call.end('cancelled')
    await clock.advance(1000)
  })

  test('that is cancelled before rings nobody', async () => {
    const { clock, call, story, verdict, assertOver } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() + 60_000)
    await clock.advance(30_000)
    call.end('cancelled')
    await clock.advance(60_000)
    assert.deepEqual(story(), ['ended'])
    assert.equal(verdict(), 'cancelled')
    assertOver()
  })

  test('is left to the next start when the server stops; one that rings is not', async () => {
    const { clock, call, ended } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() + 60_000)
    assert.equal(call.suspend(), true)
    await clock.advance(120_000)
    assert.deepEqual(ended, [])
    assert.equal(clock.pending, 0)
    const other = await setUp({ first: [quick], second: [quick] })
    other.call.start()
    assert.equal(other.call.suspend(), false)
    other.call.end('interrupted')
    await other.clock.advance(1000)
    other.assertOver()
  })

  test('that is due already starts at once', async () => {
    const { clock, call, story } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() - 5000)
    await clock.advance(20)
    assert.equal(story()[0], 'first:dialled')
    call.end('cancelled')
    await clock.advance(1000)
  })
})

describe('what is asked of a call that talks', () => {
  const talk = async () => {
    const scene = await setUp({ first: [quick], second: [quick] })
    scene.call.start()
    await scene.clock.advance(300)
    const [first, second] = scene.driver.legs
    const heard = () => [first?.sounds.slice(2), second?.sounds.slice(1)]
    const over = async () => {
      scene.call.end('cancelled')
      await scene.clock.advance(1000)
      scene.assertOver()
      scene.assertLogged()
    }
    return { ...scene, first, second, heard, over }
  }

  test('a hold is music for one and silence for the other, a mute silence for the other alone', async () => {
    const { call, clock, heard, story, over } = await talk()
    for (const action of ['hold', 'resume', 'mute', 'unmute'] as const) {
      assert.equal(call.act({ action, leg: 'first' }), true)
    }
    await clock.advance(1)
    assert.deepEqual(heard(), [
      ['music', 'second'],
      ['silence', 'first', 'silence', 'first'],
    ])
    assert.deepEqual(story().slice(7), ['first:held', 'first:resumed', 'first:muted', 'first:unmuted'])
    await over()
  })

  test('a clip is heard once, and then the other party again; of two the second', async () => {
    const { call, clock, heard, over } = await talk()
    call.act({ action: 'play', leg: 'both', clip: 'goodbye' })
    await clock.advance(100)
    call.act({ action: 'play', leg: 'first', clip: 'beep' })
    await clock.advance(450)
    assert.deepEqual(heard(), [
      ['clip goodbye', 'clip beep'],
      ['clip goodbye', 'first'],
    ])
    await clock.advance(1000)
    assert.deepEqual(heard()[0], ['clip goodbye', 'clip beep', 'second'])
    await over()
  })

  test('a clip that is stopped, and one that cannot be heard: the other party is heard again', async () => {
    const { call, clock, heard, over } = await talk()
    call.act({ action: 'play', leg: 'first', clip: 'goodbye' })
    call.act({ action: 'stop-playing', leg: 'both' })
    call.act({ action: 'play', leg: 'second', clip: 'unknown' })
    await clock.advance(100)
    assert.deepEqual(heard(), [
      ['clip goodbye', 'second'],
      ['clip unknown', 'first'],
    ])
    await over()
  })

  test('digits go to the party that is named', async () => {
    const { call, first, second, over } = await talk()
    call.act({ action: 'send-digits', leg: 'second', digits: '12w3#' })
    assert.deepEqual([first?.digits, second?.digits], ['', '12w3#'])
    await over()
  })

  test('who is muted stays so while another is brought to them, who hears nothing of them', async () => {
    const { call, clock, driver, story, network, assertOver } = await talk()
    network.setLine({ account: 'acme', number: '103' }, [quick])
    call.act({ action: 'mute', leg: 'first' })
    const target = { kind: 'line', value: '103' } as const
    const destination = { kind: 'line', line: { account: 'acme', number: '103' } } as const
    call.redirect('first', { ...call.legs.second, target, destination, party: { kind: 'line', number: '103' } })
    await clock.advance(1000)
    const third = [...driver.legs].at(-1)
    assert.deepEqual([call.state, third?.sounds, story().at(-1)], ['bridged', ['silence'], 'bridged'])
    call.act({ action: 'unmute', leg: 'first' })
    assert.deepEqual(third?.sounds, ['silence', 'first'])
    call.end('cancelled')
    await clock.advance(1000)
    assertOver()
  })

  test('is not done before they talk, nor after', async () => {
    const { clock, call } = await setUp({ first: [quick], second: [{ rings: 10 }] })
    call.start()
    await clock.advance(300)
    assert.deepEqual([call.act({ action: 'hold', leg: 'first' }), call.state], [false, 'second-ringing'])
    call.end('cancelled')
    await clock.advance(1000)
    assert.deepEqual([call.act({ action: 'hold', leg: 'first' }), call.state], [false, 'ended'])
  })
})

describe('a phone that holds', () => {
  test('gives the other party music, and is not heard; both hear each other again when it has taken the call back', async () => {
    const { clock, call, driver, story, assertOver, assertLogged } = await setUp({
      first: [quick],
      second: [{ ...quick, holds: 1000, resumes: 2000, hangsUp: 3000 }],
    })
    call.start()
    await clock.advance(300)
    const [first, second] = driver.legs
    await clock.advance(5000)
    assert.deepEqual(first?.sounds, ['ringback', 'second', 'music', 'second'])
    assert.deepEqual(second?.sounds, ['first', 'silence', 'first'])
    assert.deepEqual(story().slice(6), [
      ...['bridged', 'first:held', 'first:resumed', 'second:ended', 'ending', 'first:ended', 'ended'],
    ])
    assertOver()
    assertLogged()
  })
})
