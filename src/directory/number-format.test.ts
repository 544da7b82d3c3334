import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatNumber } from './number-format.ts'

describe('a trunk gets the number in its own format', () => {
  const rows: readonly (readonly [
    canonical: string,
    country: string,
    e164: string,
    national: string,
    plain: string,
  ])[] = [
    ['+61412345678', 'AU', '+61412345678', '0412345678', '61412345678'],
    ['+442079460000', 'AU', '+442079460000', '0011442079460000', '442079460000'],
    ['+61412345678', 'US', '+61412345678', '01161412345678', '61412345678'],
    ['+12015550123', 'US', '+12015550123', '2015550123', '12015550123'],
    ['+442079460000', 'XX', '+442079460000', '00442079460000', '442079460000'],
    ['000', 'AU', '000', '000', '000'],
    ['*97', 'AU', '*97', '*97', '*97'],
  ]
  for (const [canonical, country, e164, national, plain] of rows) {
    test(`${canonical} of ${country}`, () => {
      assert.equal(formatNumber(canonical, 'e164', country), e164)
      assert.equal(formatNumber(canonical, 'national', country), national)
      assert.equal(formatNumber(canonical, 'plain', country), plain)
    })
  }
})
