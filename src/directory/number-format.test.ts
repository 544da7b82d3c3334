import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatNumber, parsePhoneNumber } from './number-format.ts'

describe('what is dialled in a country means', () => {
  const rows: readonly (readonly [dialled: string, country: string, canonical: string | undefined])[] = [
    // National numbers.
    ['0412345678', 'AU', '+61412345678'],
    ['(02) 5550-1000', 'AU', '+61255501000'],
    ['020 7946 0000', 'GB', '+442079460000'],
    ['+44 (0)20 7946 0000', 'AU', '+442079460000'],
    ['07911 123456', 'GB', '+447911123456'],
    ['0721 234 567', 'RO', '+40721234567'],
    ['2015550123', 'US', '+12015550123'],
    ['01 23 45 67 89', 'FR', '+33123456789'],
    ['021 555 1234', 'ZA', '+27215551234'],
    // International ones, with plus and with the country's own prefix for abroad.
    ['+61412345678', 'GB', '+61412345678'],
    ['0011 44 20 7946 0000', 'AU', '+442079460000'],
    ['00 61 412 345 678', 'GB', '+61412345678'],
    ['011 61 412 345 678', 'US', '+61412345678'],
    // Service numbers that the plan knows, short codes that it does not.
    ['1300 123 456', 'AU', '+611300123456'],
    ['131114', 'AU', '+61131114'],
    ['12345', 'AU', '12345'],
    ['1234', 'DE', '1234'],
    ['116117', 'DE', '116117'],
    ['*97', 'AU', '*97'],
    ['#31#', 'AU', '#31#'],
    // A country that nobody knows: as it is, if it can be dialled at all.
    ['0412345678', 'XX', '0412345678'],
    ['+61412345678', 'XX', '+61412345678'],
    // A digit too many makes no short code of a number: no rate plan would know it again, and a carrier may pass the digit over.
    ['1900 1234 567', 'AU', undefined],
    ['900 555 12345', 'US', undefined],
    ['00 252 555 123 4567', 'GB', undefined],
    // Nor does a code before it: what dials a number by a carrier's own service is barred by nobody.
    ['#31#1900123456', 'AU', undefined],
    ['*21*0412345678#', 'AU', undefined],
    // What can be no number.
    ['', 'AU', undefined],
    ['+', 'AU', undefined],
    ['+0412345678', 'AU', undefined],
    ['+999123456', 'AU', undefined],
    ['61+412345678', 'AU', undefined],
    ['0412 345 678 ext 5', 'AU', undefined],
    ['sip:101@example.com', 'AU', undefined],
    ['0412345678\r\n', 'AU', undefined],
    ['0412\n345678', 'AU', undefined],
    ['0412\u0000345678', 'AU', undefined],
    ['0412345678"', 'AU', undefined],
    ['<0412345678>', 'AU', undefined],
    ['0412345678;x', 'AU', undefined],
    ['٠٤١٢٣٤٥٦٧٨', 'AU', undefined],
    ['0'.repeat(65), 'AU', undefined],
  ]
  for (const [dialled, country, canonical] of rows) {
    test(`${JSON.stringify(dialled)} in ${country}: ${canonical ?? 'nothing'}`, () => {
      assert.equal(parsePhoneNumber(dialled, country)?.canonical, canonical)
    })
  }

  test('whatever comes out holds digits, one leading plus, * and # only, and means itself again', () => {
    const characters = fc.string({ unit: fc.constantFrom(...'0123456789+*# -().,;<>"\r\n\u0000aé'), maxLength: 30 })
    fc.assert(
      fc.property(characters, fc.constantFrom('AU', 'GB', 'US', 'DE', 'ZA', 'XX'), (dialled, country) => {
        const parsed = parsePhoneNumber(dialled, country)
        if (parsed === undefined) return
        assert.match(parsed.canonical, /^(\+[0-9]{3,20}|[0-9*#]{1,20})$/)
        assert.doesNotMatch(dialled, /[\r\n\0"<>;,aé]/)
        if (parsed.canonical.startsWith('+')) assert.deepEqual(parsePhoneNumber(parsed.canonical, country), parsed)
      }),
      { numRuns: 500 },
    )
  })
})

describe('emergency numbers are known as dialled, whatever else the numbering plan could make of them', () => {
  const rows: readonly (readonly [dialled: string, country: string, emergency: boolean])[] = [
    ['000', 'AU', true],
    ['0 0 0', 'AU', true],
    ['106', 'AU', true],
    ['999', 'GB', true],
    ['112', 'RO', true],
    ['911', 'US', true],
    ['110', 'DE', true],
    ['15', 'FR', true],
    ['111', 'NZ', true],
    ['10111', 'ZA', true],
    ['10177', 'ZA', true],
    ['102', 'IN', true],
    ['119', 'JP', true],
    ['112', 'XX', true],
    ['911', 'AU', true],
    ['+2710111', 'ZA', true],
    ['+2710111', 'AU', true],
    ['000', 'GB', false],
    ['111', 'AU', false],
    ['0412345678', 'AU', false],
    ['+442079460000', 'GB', false],
  ]
  for (const [dialled, country, emergency] of rows) {
    test(`${dialled} in ${country}: ${emergency ? 'emergency' : 'no emergency'}`, () => {
      assert.equal(parsePhoneNumber(dialled, country)?.emergency, emergency)
    })
  }
})

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
