import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { getCountryCallingCode, isValidPhoneNumber } from 'libphonenumber-js/max'
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

describe('emergency numbers are known, whatever else the numbering plan could make of them, or a carrier of what is dialled', () => {
  const numbers = {
    plain: [
      ['AU', '000', '0 0 0', '106', '112', '911'],
      ['GB', '999', '112'],
      ['US', '911'],
      ['DE', '110', '112'],
      ['FR', '15', '18', '114'],
      ['NZ', '111'],
      ['ZA', '10111', '10177'],
      ['PL', '997', '998', '999'],
      ['AE', '999'],
      ['RO', '112'],
      ['IN', '102'],
      ['JP', '119'],
      ['XX', '112', '911'],
    ],
    disguised: [
      // Behind what withholds or shows the caller's number, or chooses a carrier.
      ['GB', '141999', '14 1 999', '1470999', '1411112', '#31#999', '*31#112', '01470999', '+441470999'],
      ['AU', '1831000', '1832 000', '1831106', '#31#000', '1831 0011 61 000', '0011 61 1831 000'],
      ['US', '*67911', '*82911', '1010288911', '1 911', '9911', '011911'],
      ['FR', '#31#15', '365115', '365118', '#31#112'],
      ['JP', '184110', '186119'],
      ['DE', '#31#110', '0112', '00112'],
      // Before what an exchange passes over.
      ['GB', '9999', '0999', '(0)999', '112#', '999*', '#31#9990'],
      ['AU', '0000', '00012'],
      ['US', '911*', '9111', '9#11', '911 555 1234', '#911#'],
      // Behind a country code.
      ['AU', '+2710111', '0011 27 10111'],
      ['ZA', '+2710111', '+27010111'],
    ],
    // Neither an emergency number nor any other: nothing dials them.
    impossible: [
      ['AU', '+61000', '0011 61 000', '+61106', '001161112', '0011112', '+44999', '+1911'],
      ['GB', '+44999', '0044999', '+44 (0) 999', '+61 000', '+999', '0044112'],
      ['US', '+1911', '+11911', '+911'],
      ['DE', '+112'],
      ['FR', '3651112'],
    ],
    none: [
      // Invented, or newer than what we know of the plan: whole numbers of another country.
      ['AU', '+441632960000', '+44 1632 960999', '+447700900112', '+15555550911'],
      ['GB', '+61 491 570 000'],
      ['AU', '0412345678', '0412 345 000', '131112', '1300 000 000', '+442079460999', '111', '12345'],
      ['GB', '+442079460000', '020 7946 0999', '000', '118118', '116117'],
      ['US', '202 555 0911', '311', '988'],
      ['FR', '3117', '118218', '116117', '01 15 17 18 15', '1015'],
      ['DE', '116117', '030 1234112'],
      ['EG', '0122 345 6789'],
      ['XX', '000', '999'],
    ],
  } as const
  for (const [what, rows] of Object.entries(numbers)) {
    const expected = what === 'impossible' ? undefined : what === 'none' ? false : what
    for (const [country, ...dialled] of rows) {
      for (const characters of dialled) {
        test(`${characters} in ${country}: ${what}`, () =>
          assert.equal(parsePhoneNumber(characters, country)?.emergency, expected))
      }
    }
  }
  test('whatever stands before or behind one, what a trunk gets neither begins nor ends with it', () => {
    const code = fc.string({ unit: fc.constantFrom(...'0123456789*#'), maxLength: 6 })
    const countries = fc.constantFrom(...(['AU', 'GB', 'US', 'DE', 'ZA'] as const))
    const plain = { AU: '000', GB: '999', US: '911', DE: '110', ZA: '10111' } as const
    fc.assert(
      fc.property(code, countries, fc.boolean(), (prefix, country, behind) => {
        const parsed = parsePhoneNumber(behind ? plain[country] + prefix : prefix + plain[country], country)
        if (parsed === undefined || parsed.emergency !== false) return
        // A number abroad stands behind the code of its country, by which no exchange at home takes it for its own.
        const abroad =
          parsed.canonical.startsWith('+') && !parsed.canonical.startsWith(`+${getCountryCallingCode(country)}`)
        if (abroad || isValidPhoneNumber(parsed.canonical)) return
        for (const format of ['e164', 'national', 'plain'] as const) {
          const sent = formatNumber(parsed.canonical, format, country)
          assert.ok(!sent.startsWith(plain[country]) && !sent.endsWith(plain[country]), sent)
        }
      }),
      { numRuns: 500 },
    )
  })
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
