import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/max'
import { lengthsOfPattern, parseLengthPattern } from './length-pattern.ts'
import { findSharedBeginning } from './numbering-plan.ts'

const lengths = (pattern: string, beginning: string): readonly number[] => {
  const bits = lengthsOfPattern(parseLengthPattern(pattern), beginning)
  return Array.from({ length: 21 }, (_, bit) => bit).filter((bit) => (bits & (1 << bit)) !== 0)
}

describe('the lengths of what begins so and matches', () => {
  const rows: readonly (readonly [pattern: string, beginning: string, lengths: readonly number[]])[] = [
    ['4\\d{8}', '4', [9]],
    ['4\\d{8}', '5', []],
    ['4\\d{8}', '4123456789', [9]],
    ['13(?:00\\d{6}(?:\\d{2})?|45[0-4]\\d{3})|13\\d{4}', '1300', [6, 10, 12]],
    ['13(?:00\\d{6}(?:\\d{2})?|45[0-4]\\d{3})|13\\d{4}', '1346', [6]],
    ['[27][2-9]\\d{2,4}', '2', [4, 5, 6]],
    ['[27][2-9]\\d{2,4}', '21', []],
  ]
  for (const [pattern, beginning, expected] of rows) {
    test(`${pattern} after ${beginning}`, () => assert.deepEqual(lengths(pattern, beginning), expected))
  }
  test('a whole number fits exactly where the regular expression does', () => {
    const pattern = '4(?:[0-3]\\d|4[047-9]|83[0-38])\\d{1,3}|1?[89]0{2}(?:1|23)?'
    const digits = fc.string({ unit: fc.constantFrom(...'0123489'), minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(digits, (number) => {
        assert.equal(lengths(pattern, number).includes(number.length), new RegExp(`^(?:${pattern})$`).test(number))
      }),
      { numRuns: 1000 },
    )
  })
  test('what is in no plan is an error', () => {
    for (const pattern of ['4.', '(?=4)', '4+', '4)', '[a-z]']) assert.throws(() => parseLengthPattern(pattern))
  })
})

test('every plan of the world can be read', () => {
  for (const country of getCountries()) findSharedBeginning('123', getCountryCallingCode(country))
})
