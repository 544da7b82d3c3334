import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cpuMilliseconds } from '../../../test/support/cpu-milliseconds.ts'
import { answer, createTestEngine, lineDestination, ringing, within } from '../../../test/support/test-engine.ts'
import { parseInfoDigit } from './parse-info-digit.ts'

describe('the digit of an INFO', () => {
  for (const [body, digit, milliseconds] of [
    ['Signal=5\r\nDuration=160', '5', 160],
    ['Signal= *\r\nDuration= 100\r\n', '*', 100],
    ['signal=b', 'B', 250],
    ['Duration=80\nSignal=11\n', '#', 80],
    ['Signal=0\r\nDuration=50\r\nVolume=10\r\nSource=1\r\n', '0', 50],
    ['\r\nSignal = 9 \r\nDuration = 300 \r\n', '9', 300],
    ['7', '7', 250],
    [' 10\r\n', '*', 250],
  ] as const) {
    test(JSON.stringify(body), () => assert.deepEqual(parseInfoDigit(body), { digit, milliseconds }))
  }

  for (const body of ['', 'Signal=', 'Signal=16', 'Signal=55', 'Signal=!', 'Duration=160', 'x'.repeat(5000)]) {
    test(`nothing in ${JSON.stringify(body.slice(0, 20))}`, () => {
      assert.equal(parseInfoDigit(body), undefined)
    })
  }

  // 60 kB of empty lines took 40 s of the thread that serves every call.
  for (const filler of ['\n', '\r\n', ' ', '\t', 'Signal', 'Signal=5\r\n', 'Duration=1 ']) {
    test(`a body of many ${JSON.stringify(filler)} takes no time`, () => {
      const before = cpuMilliseconds()
      for (const body of [filler.repeat(60_000 / filler.length), `Signal=5${filler.repeat(60_000 / filler.length)}x`]) {
        parseInfoDigit(body)
      }
      assert.ok(cpuMilliseconds() - before < 500)
    })
  }
})

describe('digits of a leg', () => {
  const talk = async () => {
    const engine = await createTestEngine([{ line: '101', port: 6001 }])
    const phone = ringing(engine.peer(6001))
    const leg = engine.dial({ destination: lineDestination('101') })
    await engine.clock.advance(100)
    answer(phone)
    await engine.clock.advance(100)
    const endpoint = engine.media.endpoints[0]
    const press = async (sequence: number, digit: string) => {
      within(phone, 'INFO', sequence, `Signal=${digit}\r\nDuration=160\r\n`, 'application/dtmf-relay')
      await engine.clock.advance(10)
    }
    const digits = () => leg.events.flatMap((event) => (event.type === 'dtmf' ? [event.digit] : []))
    return { ...engine, phone, leg, endpoint, press, digits }
  }

  test('by INFO: each is told, and answered 200; the first when the media have brought nothing', async () => {
    const { phone, press, digits, leg, clock } = await talk()
    await press(1, '4')
    await press(2, '2')
    assert.deepEqual(
      phone.received.slice(-2).map(({ status }) => status),
      [200, 200],
    )
    await clock.advance(600)
    assert.deepEqual(digits(), ['4', '2'])
    assert.deepEqual(leg.events.at(-1), { type: 'dtmf', digit: '2', milliseconds: 160 })
    await press(3, '4')
    assert.deepEqual(digits(), ['4', '2', '4'])
  })

  test('a phone that sends each key both ways is heard once, whichever comes first', async () => {
    const { endpoint, press, digits, clock } = await talk()
    await press(1, '1')
    endpoint?.deliver({ event: 'dtmf', id: endpoint.id, digit: '1', milliseconds: 100 })
    await clock.advance(1000)
    endpoint?.deliver({ event: 'dtmf', id: endpoint.id, digit: '1', milliseconds: 100 })
    await press(2, '1')
    await clock.advance(1000)
    assert.deepEqual(digits(), ['1', '1'])
  })

  test('a key that the media bring late, after a long press, is still the same', async () => {
    const { endpoint, press, digits, clock } = await talk()
    await press(1, '1')
    await clock.advance(1500)
    endpoint?.deliver({ event: 'dtmf', id: endpoint.id, digit: '1', milliseconds: 1500 })
    await press(2, '2')
    endpoint?.deliver({ event: 'dtmf', id: endpoint.id, digit: '2', milliseconds: 100 })
    await clock.advance(1000)
    assert.deepEqual(digits(), ['1', '2'])
  })

  test('a leg that ends while a key waits', async () => {
    const { press, digits, leg, assertClean } = await talk()
    await press(1, '1')
    leg.handle.hangup('completed')
    await assertClean()
    assert.deepEqual(digits(), [])
  })
})
