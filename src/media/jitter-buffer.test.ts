import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { JitterBuffer } from './jitter-buffer.ts'

/** A packet of `milliseconds`, all of whose octets are its number. */
const add = (buffer: JitterBuffer, sequence: number, milliseconds = 20): void => {
  const packet = new Uint8Array(12 + milliseconds * 8).fill(sequence & 0xff, 12)
  buffer.add(sequence & 0xffff, packet, 12, packet.length)
}

/** What the next frame holds: the number of its packet, `lost`, or `nothing`. */
const read = (buffer: JitterBuffer): number | string => {
  const frame = new Uint8Array(160)
  const content = buffer.read(frame)
  return content === 'sound' ? (frame[0] as number) : content
}

const readAll = (buffer: JitterBuffer, count: number) => Array.from({ length: count }, () => read(buffer))

describe('packets in, frames out', () => {
  test('40 ms are gathered first', () => {
    const buffer = new JitterBuffer()
    add(buffer, 1)
    assert.equal(read(buffer), 'nothing')
    add(buffer, 2)
    assert.deepEqual(readAll(buffer, 3), [1, 2, 'nothing'])
  })

  for (const [what, sequences, frames] of [
    ['in the wrong order', [2, 1, 4, 3], [1, 2, 3, 4]],
    ['twice', [1, 1, 2, 2, 3], [1, 2, 3, 'nothing']],
    ['across the end of the numbers', [65_535, 0, 65_534, 1], [254, 255, 0, 1]],
    ['with one missing', [1, 2, 4, 5], [1, 2, 'lost', 4]],
  ] as const) {
    test(`packets that come ${what}`, () => {
      const buffer = new JitterBuffer()
      for (const sequence of sequences) add(buffer, sequence)
      assert.deepEqual(readAll(buffer, frames.length), frames)
    })
  }

  test('one that comes after its time is dropped', () => {
    const buffer = new JitterBuffer()
    for (const sequence of [1, 2, 4, 5]) add(buffer, sequence)
    assert.deepEqual(readAll(buffer, 3), [1, 2, 'lost'])
    add(buffer, 3)
    assert.equal(buffer.dropped, 1)
    assert.deepEqual(readAll(buffer, 2), [4, 5])
  })

  for (const milliseconds of [10, 20, 30, 60, 120]) {
    test(`packets of ${milliseconds} ms come out whole, and in order`, () => {
      const buffer = new JitterBuffer()
      const octets: number[] = []
      for (let at = 0, sequence = 0; at < 2400; at += 20) {
        for (; sequence * milliseconds <= at; sequence++) add(buffer, sequence, milliseconds)
        const frame = new Uint8Array(160)
        if (buffer.read(frame) === 'sound') octets.push(...frame)
      }
      assert.ok(octets.length > 2200 * 8)
      assert.ok(octets.every((octet, index) => octet === Math.floor(index / (milliseconds * 8))))
      assert.equal(buffer.dropped, 0)
    })
  }

  test('where the network is uneven more is gathered, up to 120 ms; after a pause of the speaker 40 again', () => {
    const buffer = new JitterBuffer()
    let sequence = 0
    const gathered = (): number => {
      let count = 0
      for (; count === 0 || read(buffer) === 'nothing'; count++) add(buffer, sequence++)
      while (read(buffer) !== 'nothing');
      return count
    }
    assert.deepEqual(
      Array.from({ length: 7 }, () => gathered()),
      [2, 3, 4, 5, 6, 6, 6],
    )
    readAll(buffer, 12)
    assert.equal(gathered(), 2)
  })

  test('a speaker whose clock is fast, or who sends a burst, is never far behind: the oldest goes', () => {
    const buffer = new JitterBuffer()
    for (let sequence = 0; sequence < 1000; sequence++) add(buffer, sequence)
    assert.equal(buffer.takeSkip(), true)
    assert.equal(buffer.takeSkip(), false)
    const frames = readAll(buffer, 20)
    const first = frames.indexOf('nothing')
    assert.ok(first >= 2 && first <= 8, `${first} frames were kept`)
    assert.equal(frames[first - 1], 999 & 0xff)
  })

  test('a sender that begins anew with other numbers is followed', () => {
    const buffer = new JitterBuffer()
    for (const sequence of [1, 2, 3]) add(buffer, sequence)
    read(buffer)
    for (const sequence of [30_000, 30_001, 30_002]) add(buffer, sequence)
    assert.deepEqual(readAll(buffer, 3), [30_000 & 0xff, 30_001 & 0xff, 30_002 & 0xff])
  })

  test('one that comes while its time passes in silence is dropped, too', () => {
    const buffer = new JitterBuffer()
    for (const sequence of [1, 2, 4]) add(buffer, sequence, 30)
    assert.deepEqual(readAll(buffer, 4), [1, 1, 2, 'lost'])
    add(buffer, 3, 30)
    assert.equal(buffer.dropped, 1)
    assert.deepEqual(readAll(buffer, 3), ['lost', 4, 'nothing'])
  })

  test('a hole in front of what is there lasts no longer than 60 ms for each packet that is missing', () => {
    const buffer = new JitterBuffer()
    add(buffer, 100, 10)
    add(buffer, 88, 180)
    const frames = readAll(buffer, 60)
    assert.equal(frames.filter((frame) => frame === 88).length, 9)
    assert.equal(frames.filter((frame) => frame === 'lost').length, 11 * 3)
  })

  test('whatever comes: what is given out was sent, in order, and no more than a third of a second is held', () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ ahead: fc.integer({ min: -3, max: 3 }), ms: fc.constantFrom(10, 20, 30, 60) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ ahead: fc.integer({ min: -32_768, max: 32_767 }), ms: fc.constantFrom(1, 180) }),
      },
      { weight: 5, arbitrary: fc.constant('read' as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const buffer = new JitterBuffer()
        let sequence = 100
        for (const one of steps) {
          if (one === 'read') {
            read(buffer)
            continue
          }
          sequence = (sequence + one.ahead) & 0xffff
          add(buffer, sequence, one.ms)
        }
        let frames = 0
        while (read(buffer) !== 'nothing') assert.ok(++frames < 100, 'it never ends')
      }),
    )
  })
})
