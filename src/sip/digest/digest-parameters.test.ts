import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { cpuMilliseconds } from '../../../test/support/cpu-milliseconds.ts'
import { escapeQuoted, parseDigestParameters, unescapeQuoted } from './digest-parameters.ts'

describe('digest parameters', () => {
  it('RFC 3261 section 22.4: tokens and quoted strings, in any case and spacing', () => {
    const parameters = parseDigestParameters(' digest  Realm="a, \\"b\\"" ,NONCE = "n" , qop=auth,nc=00000001')
    assert.deepEqual(Object.fromEntries(parameters ?? []), {
      realm: 'a, \\"b\\"',
      nonce: 'n',
      qop: 'auth',
      nc: '00000001',
    })
  })

  const unreadable: readonly (readonly [string, string])[] = [
    ['another scheme', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ['a parameter twice', 'Digest realm="a", realm="b"'],
    ['an open quote', 'Digest realm="a'],
    ['no value', 'Digest realm'],
    ['nothing but commas', 'Digest ,,'],
    ['no comma', 'Digest realm="a" nonce="b"'],
    ['too many', `Digest ${Array.from({ length: 33 }, (_, index) => `p${index}=1`).join(',')}`],
  ]
  for (const [what, text] of unreadable) {
    it(`cannot be read: ${what}`, () => assert.equal(parseDigestParameters(text), undefined))
  }

  it('RFC 9110 section 5.6.1.2: a list may have empty elements, and end with one', () => {
    for (const text of [
      'Digest realm="a", nonce=n,',
      'Digest , realm="a",, nonce="n" , ',
      'Digest realm="a",nonce=n,\t,',
    ]) {
      assert.deepEqual(Object.fromEntries(parseDigestParameters(text) ?? []), { realm: 'a', nonce: 'n' }, text)
    }
  })

  it('a value may be missing', () => {
    const parameters = parseDigestParameters('Digest realm="a", opaque=, qop= ,nonce="n", algorithm=')
    assert.deepEqual(Object.fromEntries(parameters ?? []), {
      realm: 'a',
      opaque: '',
      qop: '',
      nonce: 'n',
      algorithm: '',
    })
  })

  it('takes time in proportion to the text', () => {
    const started = cpuMilliseconds()
    parseDigestParameters(`Digest realm="${'\\"'.repeat(30_000)}`)
    parseDigestParameters(`Digest ${' '.repeat(60_000)}realm`)
    parseDigestParameters(`Digest realm=${' '.repeat(60_000)}"`)
    parseDigestParameters(`Digest realm=a${', '.repeat(30_000)}"`)
    assert.ok(cpuMilliseconds() - started < 500)
  })

  it('any text comes back from its quoted form, and none can end the quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parameters = parseDigestParameters(`Digest realm="${escapeQuoted(text)}", nonce="n"`)
        assert.equal(unescapeQuoted(parameters?.get('realm') ?? ''), text.replace(/[\r\n\0]/g, ''))
        assert.equal(parameters?.get('nonce'), 'n')
      }),
    )
  })
})
