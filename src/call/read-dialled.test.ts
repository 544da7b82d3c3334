import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { foldCharacters, readDialled } from './read-dialled.ts'

describe('what is pasted is read as what was meant', () => {
  const rows: readonly (readonly [pasted: string, text: string])[] = [
    ['0412 345 678', '0412 345 678'],
    ['(02) 5550-1000', '(02) 5550-1000'],
    ['02.5550.1000', '02.5550.1000'],
    ['030/1234567', '030/1234567'],
    ['\u00a00412\u00a0345\u202f678\u2009', '0412 345 678'],
    ...[0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212].map((dash) => {
      const mark = String.fromCharCode(dash)
      return [`0412${mark}345${mark}678`, '0412-345-678'] as const
    }),
    ...[
      ...[0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
      ...[0x2066, 0x2067, 0x2068, 0x2069, 0xfeff],
    ].map((code) => {
      const mark = String.fromCharCode(code)
      return [`${mark}0412${mark}345678${mark}`, '0412345678'] as const
    }),
    ['\u202a+61 412 345 678\u202c', '+61 412 345 678'],
    ['０４１２３４５６７８', '0412345678'],
    ['＋６１（４）１２３４５６７８', '+61(4)12345678'],
    ['tel:+61412345678', '+61412345678'],
    ['TEL:+61-412-345-678', '+61-412-345-678'],
    ['tel://0412345678', '0412345678'],
    ['tel:%2B61412345678', '+61412345678'],
    ['tel:7042;phone-context=example.com', '7042'],
    ['tel:+61412345678;isub=12', '+61412345678'],
    ['callto:0412345678', '0412345678'],
    ['callto://+61412345678', '+61412345678'],
    ['callto:+61412345678?call', '+61412345678'],
    ['sip:0412345678', '0412345678'],
    ['sip:+61412345678@carrier.example;user=phone', '+61412345678'],
    ['sips:0412345678@carrier.example;user=phone', '0412345678'],
    ['101', '101'],
    ['*60', '*60'],
    ['support', 'support'],
    ['1800-FLOWERS', '1800-FLOWERS'],
  ]
  for (const [pasted, text] of rows) {
    test(`${JSON.stringify(pasted)}: ${text}`, () => assert.deepEqual(readDialled(pasted), { text }))
  }
})

describe('an extension is refused by its name, never glued to the number', () => {
  const rows = [
    '02 5550 1000;ext=9',
    '02 5550 1000 ;ext=9',
    '02 5550 1000x9',
    '02 5550 1000 X 9',
    '02 5550 1000 ext 9',
    '02 5550 1000 ext. 9',
    '02 5550 1000 Ext.: 9',
    '02 5550 1000, ext 9',
    '02 5550 1000 extension 9',
    '02 5550 1000 extn 9',
    '02 5550 1000,9',
    '02 5550 1000,,9',
    '02 5550 1000;9',
    'tel:02 5550 1000;ext=9',
    'tel:02-5550-1000,9',
    'sip:0255501000@carrier.example;user=phone;ext=9',
    '０２ ５５５０ １０００ｘ９',
    '+61 2 5550 1000 x9',
    '(02) 5550 1000 x9',
  ] as const
  for (const pasted of rows) {
    test(JSON.stringify(pasted), () => {
      const read = readDialled(pasted)
      assert.ok('fault' in read && read.fault.kind === 'extension', JSON.stringify(read))
      assert.match(
        read.fault.message,
        /^The extension 9 cannot be dialled .* 5550 1000 alone\.$|02-5550-1000|0255501000|0412/,
      )
    })
  }
  test('with its digits as they were written', () => {
    assert.deepEqual(readDialled('0255501000,,9#'), {
      fault: {
        kind: 'extension',
        message: 'The extension 9# cannot be dialled after the answer yet; leave it out, and dial 0255501000 alone.',
      },
    })
  })
})

describe('what is no number is refused', () => {
  const rows = [
    ...[
      '',
      ' ',
      '\u200b',
      '"0412"',
      '<0412>',
      '0412\r\n',
      '0412\n345',
      '0412\u0000345',
      '0412;x',
      '٠٤١٢٣٤٥٦٧٨',
      '0412é',
    ],
    ...[';ext=9', ',,9', 'tel:', 'sip:', 'sip:101@example.com', 'sip:alice@example.com', 'mailto:a@b', 'tel:%0d%0a1'],
    ...[
      'tel:863-1234;phone-context=+1-914-555',
      '1'.repeat(65),
      `tel:${'1'.repeat(200)}`,
      'tel:%ff',
      'http://0412345678',
    ],
  ] as const
  for (const pasted of rows) {
    test(JSON.stringify(pasted), () => {
      const read = readDialled(pasted)
      assert.equal('fault' in read && read.fault.kind, 'not-a-number')
    })
  }
})

test('whatever is pasted, plain ASCII comes out, and means itself again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 })), (pasted) => {
      const read = readDialled(pasted)
      if ('fault' in read) return assert.doesNotMatch(read.fault.message, /\p{Cc}/u)
      assert.match(read.text, /^[+0-9*#A-Za-z(][0-9A-Za-z*#+()./ -]{0,63}$/)
      assert.deepEqual(readDialled(read.text), read)
      assert.equal(foldCharacters(read.text), read.text)
    }),
    { numRuns: 2000 },
  )
})
