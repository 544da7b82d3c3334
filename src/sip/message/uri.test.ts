import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseUri, serializeUri, uriEquals } from './uri.ts'

const equal = (left: string, right: string): boolean => uriEquals(parseUri(left), parseUri(right))

describe('RFC 3261 section 19.1.1: parts of a URI', () => {
  it('user, password, host, port, parameters, headers', () => {
    const uri = parseUri('sips:alice:secret%3a@Atlanta.com:5061;transport=TCP;lr?subject=project%20x&priority=urgent')
    assert.deepEqual(uri, {
      scheme: 'sips',
      user: 'alice',
      password: 'secret:',
      host: 'atlanta.com',
      port: 5061,
      params: new Map([
        ['transport', 'TCP'],
        ['lr', undefined],
      ]),
      headers: 'subject=project%20x&priority=urgent',
    })
  })

  it('a host alone', () => assert.deepEqual(parseUri('SIP:h'), { scheme: 'sip', host: 'h', params: new Map() }))

  it('IPv6 references', () => {
    const uri = parseUri('sip:a@[2001:DB8::10]:5070;ob')
    assert.deepEqual([uri.host, uri.port], ['[2001:db8::10]', 5070])
    assert.equal(serializeUri(uri), 'sip:a@[2001:db8::10]:5070;ob')
    assert.equal(parseUri('sip:[::1]').host, '[::1]')
  })

  it('RFC 3966: a number, whose letters and separators stay', () => {
    const uri = parseUri('tel:+61-2-5550.1000;phone-context=example.com;ext=12')
    assert.deepEqual([uri.scheme, uri.user, uri.host], ['tel', '+61-2-5550.1000', ''])
    assert.equal(uri.params.get('phone-context'), 'example.com')
    assert.equal(serializeUri(uri), 'tel:+61-2-5550.1000;phone-context=example.com;ext=12')
  })

  const refused: readonly (readonly [string, number])[] = [
    ['', 416],
    ['alice', 416],
    ['mailto:a@b', 416],
    ['urn:service:sos', 416],
    ['sip:', 400],
    ['sip:@h', 400],
    ['sip:a@', 400],
    ['sip:a b@h', 400],
    ['sip:a@h:', 400],
    ['sip:a@h:65536', 400],
    ['sip:a@h:-1', 400],
    ['sip:a@[::1', 400],
    ['sip:a@[::g]', 400],
    ['sip:a@[fe80::1%eth0]', 400],
    ['sip:a@h;;lr', 400],
    ['sip:a@h;', 400],
    ['sip:%zz@h', 400],
    ['sip:%ff@h', 400],
    ['sip:a@h\r\nX: y', 400],
    ['sip:a@<h>', 400],
    ['tel:', 400],
  ]
  for (const [text, status] of refused) {
    it(`${JSON.stringify(text)} is refused with ${status}`, () => assert.throws(() => parseUri(text), { status }))
  }

  it('any user comes back as it was, and can end nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), (user, password) => {
        const uri = { scheme: 'sip' as const, user, password, host: 'h', params: new Map() }
        const text = serializeUri(uri)
        assert.ok(!/[\s<>"\0]/.test(text))
        assert.deepEqual({ ...parseUri(text) }, uri)
      }),
    )
  })
})

describe('RFC 3261 section 19.1.4: comparison', () => {
  const same: readonly (readonly [string, string])[] = [
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['tel:+1-201-555-0123', 'tel:+12015550123'],
  ]
  for (const [left, right] of same) it(`${left} is ${right}`, () => assert.ok(equal(left, right) && equal(right, left)))

  const different: readonly (readonly [string, string])[] = [
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=off', 'sip:carol@chicago.com;security=on'],
    ['sip:bob@biloxi.com', 'sips:bob@biloxi.com'],
    ['sip:bob@biloxi.com', 'sip:bob:secret@biloxi.com'],
    ['tel:911;phone-context=+1', 'tel:911;phone-context=+44'],
  ]
  for (const [left, right] of different)
    it(`${left} is not ${right}`, () => assert.ok(!equal(left, right) && !equal(right, left)))
})
