import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseEventStream } from './parse-event-stream.ts'

const collect = async (chunks: readonly Uint8Array[]) => {
  const events: unknown[] = []
  for await (const event of parseEventStream(ReadableStream.from(chunks))) events.push(event)
  return events
}

const stream = Buffer.from(
  ': hello\n\nid: 7\nevent: leg.ringing\ndata: {"a":"→ é"}\n\n:\n\nid: 8\ndata:x\ndata: y\n\nid: 9\ndata: cut',
)
const expected = [
  { id: '7', data: '{"a":"→ é"}' },
  { id: '8', data: 'x\ny' },
]

test('events, comments, several data lines; an event without its blank line is none', async () => {
  assert.deepEqual(await collect([stream]), expected)
})

test('property: however the octets are cut, the events are the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 8 }), async (cuts) => {
      const ends = [...new Set([0, ...cuts, stream.length])].sort((a, b) => a - b)
      const chunks = ends.slice(1).map((end, index) => stream.subarray(ends[index], end))
      assert.deepEqual(await collect(chunks), expected)
    }),
    { numRuns: 50 },
  )
})
