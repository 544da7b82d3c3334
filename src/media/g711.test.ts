import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from './g711.ts'
import { alawToUlaw, ulawToAlaw } from './g711-conversion.ts'

const codes = Array.from({ length: 256 }, (_, code) => code)

test('every code word decodes to a value that encodes to it again; µ-law has two zeros', () => {
  for (const code of codes) {
    assert.equal(encodeAlaw(decodeAlaw(code)), code)
    assert.equal(encodeUlaw(decodeUlaw(code)), code === 0x7f ? 0xff : code)
  }
})

test('G.711 tables 1 and 2: the ends of the scales', () => {
  assert.deepEqual([decodeAlaw(0xaa), decodeAlaw(0x2a), decodeAlaw(0xd5), decodeAlaw(0x55)], [32256, -32256, 8, -8])
  assert.deepEqual([decodeUlaw(0x80), decodeUlaw(0x00), decodeUlaw(0xff), decodeUlaw(0x7f)], [32124, -32124, 0, 0])
  assert.equal(encodeUlaw(32767), 0x80)
  assert.equal(encodeAlaw(-32768), 0x2a)
})

test('G.711 tables 3 and 4: conversion keeps the sign and lands within a step of the nearest value', () => {
  const distance = (value: number, code: number, decode: (code: number) => number) => Math.abs(decode(code) - value)
  for (const code of codes) {
    const ulaw = decodeUlaw(code)
    const alaw = decodeAlaw(code)
    assert.equal((ulawToAlaw[code] as number) & 0x80, code & 0x80)
    assert.equal((alawToUlaw[code] as number) & 0x80, code & 0x80)
    // A step of either law is a sixteenth of its segment.
    assert.ok(distance(ulaw, ulawToAlaw[code] as number, decodeAlaw) <= Math.max(16, Math.abs(ulaw) / 16))
    assert.ok(distance(alaw, alawToUlaw[code] as number, decodeUlaw) <= Math.max(16, Math.abs(alaw) / 16))
  }
})

test('G.711 table 3, spot values by decoder value number', () => {
  const alawNumber = (ulawNumber: number) => ((ulawToAlaw[0xff ^ ulawNumber] as number) ^ 0xd5) + 1
  const expected = [
    [0, 1],
    [1, 1],
    [15, 8],
    [16, 9],
    [32, 25],
    [33, 27],
    [35, 31],
    [47, 44],
    [48, 46],
    [49, 48],
    [63, 62],
    [64, 64],
    [79, 79],
    [80, 80],
    [81, 82],
    [127, 128],
  ] as const
  for (const [ulaw, alaw] of expected) assert.equal(alawNumber(ulaw), alaw, `µ-law ${ulaw}`)
})

test('what was A-law is the same after µ-law and back, but for values that µ-law cannot tell apart', () => {
  const changed = codes.filter((code) => ulawToAlaw[alawToUlaw[code] as number] !== code)
  for (const code of changed) {
    const back = ulawToAlaw[alawToUlaw[code] as number] as number
    assert.equal(alawToUlaw[back], alawToUlaw[code])
  }
  assert.ok(changed.length <= 20, `${changed.length} changed`)
})
