import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeHeader } from './rtp-header.ts'
import { TelephoneEventDetector } from './telephone-event.ts'

const eventOf = (event: number, timestamp: number, duration: number, end = false, marked = false): Uint8Array => {
  const packet = new Uint8Array(16)
  packet[0] = 0x80
  writeHeader(packet, (marked ? 0x80 : 0) | 101, 0, timestamp, 1)
  packet.set([event, (end ? 0x80 : 0) | 10, duration >> 8, duration], 12)
  return packet
}

const detect = (play: (detector: TelephoneEventDetector, add: (packet: Uint8Array) => void) => void): string[] => {
  const heard: string[] = []
  const detector = new TelephoneEventDetector((digit, milliseconds) => heard.push(`${digit} ${milliseconds}`))
  play(detector, (packet) => detector.addEvent(packet, 12, 8000))
  return heard
}

test('a key press is heard once, though its end is sent three times (RFC 4733 section 2.5.1.4)', () => {
  const heard = detect((_, add) => {
    for (const duration of [160, 320, 480]) add(eventOf(5, 0, duration))
    for (let copy = 0; copy < 3; copy++) add(eventOf(5, 0, 640, true))
  })
  assert.deepEqual(heard, ['5 80'])
})

test('the same key twice is two presses: the timestamps differ', () => {
  assert.deepEqual(
    detect((_, add) => {
      for (const start of [1000, 5000]) for (let copy = 0; copy < 3; copy++) add(eventOf(11, start, 800, true))
    }),
    ['# 100', '# 100'],
  )
})

test('a copy of an end that the next key has overtaken is no third and fourth press', () => {
  assert.deepEqual(
    detect((_, add) => {
      add(eventOf(1, 0, 800, true))
      add(eventOf(2, 4000, 160))
      add(eventOf(1, 0, 800, true))
      add(eventOf(2, 4000, 800, true))
    }),
    ['1 100', '2 100'],
  )
})

test('a lost end is made good by the next key or by audio', () => {
  assert.deepEqual(
    detect((detector, add) => {
      add(eventOf(1, 0, 160))
      add(eventOf(1, 0, 320))
      add(eventOf(2, 4000, 160))
      detector.finish()
      detector.finish()
      add(eventOf(2, 4000, 320, true))
    }),
    ['1 40', '2 20'],
  )
})

test('phones whose clock stands still between two keys: another key is another press, and so is a marked beginning', () => {
  const press = (add: (packet: Uint8Array) => void, event: number, marked: boolean) => {
    add(eventOf(event, 7000, 160, false, marked))
    for (let copy = 0; copy < 3; copy++) add(eventOf(event, 7000, 800, true))
  }
  for (const [keys, marked] of [
    [[10, 0, 11], false],
    [[1, 1, 2, 1, 1, 1, 2], true],
  ] as const) {
    const heard = detect((_, add) => {
      for (const key of keys) press(add, key, marked)
    })
    assert.deepEqual(
      heard,
      keys.map((key) => `${'0123456789*#'[key]} 100`),
    )
  }
})

test('a beginning that comes again late, and one that is marked all along, are no second press', () => {
  assert.deepEqual(
    detect((_, add) => {
      add(eventOf(3, 0, 160, false, true))
      add(eventOf(3, 0, 320, false, true))
      add(eventOf(3, 0, 160, false, true))
      for (let copy = 0; copy < 3; copy++) add(eventOf(3, 0, 640, true, true))
    }),
    ['3 80'],
  )
})

test('only telephone keys, only whole payloads', () => {
  assert.deepEqual(
    detect((_, add) => {
      add(eventOf(16, 1, 160, true))
      add(eventOf(255, 2, 160, true))
      add(eventOf(1, 3, 160, true).subarray(0, 15))
      add(eventOf(15, 4, 160, true))
    }),
    ['D 20'],
  )
})
