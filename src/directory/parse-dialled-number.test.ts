import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { getCountries, getCountryCallingCode, getExampleNumber, isValidPhoneNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import type { NumberFault } from '../call/refusal.ts'
import { formatNumber } from './number-format.ts'
import { parseDialledNumber, phoneNumberOf } from './parse-dialled-number.ts'

const parsePhoneNumber = (characters: string, country: string) => phoneNumberOf(parseDialledNumber(characters, country))

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
    // With a prefix that the country has abolished, as messengers and old address books have it.
    ['+52 1 55 1234 5678', 'US', '+525512345678'],
    ['0011 52 1 55 1234 5678', 'AU', '+525512345678'],
    ['044 55 1234 5678', 'MX', '+525512345678'],
    ['045 55 1234 5678', 'MX', '+525512345678'],
    ['01 55 1234 5678', 'MX', '+525512345678'],
    ['55 1234 5678', 'MX', '+525512345678'],
    ['044 15 1234 5678', 'MX', undefined],
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
      ['AU', '000', '0 0 0', '106', '112', '911', '０００', 'tel:000', '\u202a000\u202c'],
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
      ['GB', '141999', '14 1 999', '1470999', '1411112', '#31#999', '*31#112'],
      ['AU', '1831000', '1832 000', '1831106', '#31#000', '1831 0011 61 000', '0011 61 1831 000'],
      ['US', '*67911', '*82911', '1010288911', '1 911', '9911', '011911'],
      ['FR', '#31#15', '365115', '365118', '#31#112'],
      ['JP', '184110', '186119'],
      ['DE', '#31#110', '0112', '00112'],
      // Before what an exchange passes over.
      ['GB', '9999', '0999', '(0)999', '112#', '999*', '#31#9990'],
      ['AU', '0000', '00012'],
      ['US', '911*', '9111', '9#11', '911 555 1234', '#911#'],
    ],
    // Neither an emergency number nor any other: nothing dials them.
    impossible: [
      ['AU', '+61000', '0011 61 000', '+61106', '001161112', '0011112', '+44999', '+1911'],
      ['GB', '+44999', '0044999', '+44 (0) 999', '+61 000', '+999', '0044112'],
      ['US', '+1911', '+11911', '+911'],
      ['DE', '+112'],
      ['FR', '3651112'],
      // Too short for what they begin like: nobody dials them, whether or not the account may call for help.
      ['GB', '01470999', '+441470999'],
      ['AU', '+2710111', '0011 27 10111'],
      ['ZA', '+2710111', '+27010111'],
      // Ordinary numbers with a fault, which end like a call for help: told as what is wrong with them.
      ['AU', '5550 1000', '0061 2 5550 1000', '0412 345 6000', '041 234 000'],
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

describe('a number that cannot exist is refused with what is wrong', () => {
  const rows: readonly (readonly [country: string, fault: NumberFault, ...dialled: readonly string[]])[] = [
    ['AU', 'too-short', '041234567', '0412 34', '04123', '+61 4 1234 567', '1800 123', '02 5550 100', '0011 64 21 12'],
    ['AU', 'too-short', '0011', '0011 61', '0011 61 4', '0011 44', '+61', '+61 4', '+61 41', '+44 2', '0011 3'],
    ['AU', 'too-long', '0412 345 6789', '+61 412 345 6789', '13 11 1234', '02 5550 10001'],
    ['AU', 'no-area-code', '5550 1000', '9555 1234', '3000 0000'],
    ['AU', 'wrong-prefix', '0061412345678', '0061 2 5550 1000', '0064211234567', '00 44 20 7946 0000'],
    ['AU', 'unknown-country-code', '+999 123 456', '+0412345678'],
    ['AU', 'not-a-number', '0011 0412 345 678', '00000000', '0000 1234567', '*21*0412345678#', 'Alice', '٠٤١٢٣٤٥٦٧٨'],
    ['AU', 'extension', '02 5550 1000 x9', 'tel:+61-2-5550-1000;ext=9'],
    ['NZ', 'too-short', '021 123', '09 123 45'],
    ['NZ', 'too-long', '09 300 456 789'],
    ['NZ', 'no-area-code', '555 1234'],
    [
      'GB',
      'too-short',
      '020 7946 000',
      '07911 12345',
      '+44 20 7946',
      '00 61 412 345',
      '00',
      '00 4',
      '00 44 20',
      '+1 2',
    ],
    ['GB', 'too-long', '020 7946 00000', '07911 1234567'],
    ['GB', 'no-area-code', '7946 0000'],
    ['US', 'too-long', '202 555 01234'],
    ['US', 'no-area-code', '555 0123'],
    ['US', 'too-short', '+1 202 555 012', '1 202 555 012', '011 44 20 7946', '011', '011 44', '011 44 2'],
    ['US', 'wrong-prefix', '00 44 20 7946 0000'],
    ['US', 'not-a-number', '0123456789'],
    ['DE', 'too-short', '0151 123', '+49 151 123'],
    ['DE', 'unknown-country-code', '+999 123'],
  ]
  for (const [country, kind, ...dialled] of rows) {
    for (const characters of dialled) {
      test(`${characters} in ${country}: ${kind}`, () => {
        const parsed = parseDialledNumber(characters, country)
        assert.equal('fault' in parsed ? parsed.fault.kind : parsed.number.canonical, kind)
      })
    }
  }

  const messages = [
    ['AU', '041234567', 'The number 041234567 is too short: it has 9 digits, and numbers of AU that begin so have 10.'],
    [
      'AU',
      '+6141234567',
      'The number +6141234567 is too short: it has 10 digits, and numbers of AU that begin so have 11.',
    ],
    ['AU', '0011 61', "The number 001161 is too short: a country's code and a whole number must stand behind 0011."],
    ['AU', '+614', "The number +614 is too short: a country's code and a whole number must stand behind +."],
    ['AU', '0061412345678', 'Numbers abroad are dialled with 0011 in AU, not with 00; write +61412345678.'],
    [
      'AU',
      '5550 1000',
      'The number 55501000 lacks its area code, or some of its digits; write all of it, with its area code.',
    ],
  ] as const
  for (const [country, characters, message] of messages) {
    test(`${characters} in ${country}: ${message}`, () => {
      const parsed = parseDialledNumber(characters, country)
      assert.equal('fault' in parsed && parsed.fault.message, message)
    })
  }
})

describe('a number that is only unknown is dialled', () => {
  const rows = [
    ['AU', '+441632960000', '+44 7700 900112', '+1 555 555 0911', '0491 570 156', '+882 16 1234567', '012'],
    ['NZ', '0064211234567', '021 123 4567', '018', '0800 123 456'],
    ['GB', '00 61 491 570 006', '01632 960000', '101', '118118'],
    ['US', '555 555 0911', '611', '0', '00', '+44 1632 960000'],
    ['DE', '0049 30 12345678901', '0151 23456789', '0115', '116117'],
    ['ES', '016', '061 23', '012'],
  ] as const
  for (const [country, ...dialled] of rows) {
    for (const characters of dialled) {
      test(`${characters} in ${country}`, () => assert.ok('number' in parseDialledNumber(characters, country)))
    }
  }

  test('every example number of every country is possible, dialled at home and from abroad', () => {
    for (const country of getCountries()) {
      const example = getExampleNumber(country, examples)
      if (example === undefined) continue
      const expected = { number: { canonical: example.number, emergency: false } }
      assert.deepEqual(parseDialledNumber(example.formatNational(), country), expected, `${country} at home`)
      assert.deepEqual(
        parseDialledNumber(example.number, country === 'AU' ? 'US' : 'AU'),
        expected,
        `${country} abroad`,
      )
    }
  })
})
