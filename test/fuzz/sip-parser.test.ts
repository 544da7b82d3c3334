import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fuzzSipParser } from './sip-parser.fuzz.ts'

it('50,000 mutated messages, whole and in pieces, and nothing is thrown but SipParseError', () => {
  const figures = fuzzSipParser(50_000, 4475)
  assert.ok(figures.read > 5000 && figures.streamed > 5000, JSON.stringify(figures))
  // One input of 70 kB takes some 10 ms; a hang would be another matter, even where other tests take the processor.
  assert.ok(figures.slowestMilliseconds < 2000, JSON.stringify(figures))
})
