import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseNameAddr, serializeNameAddr } from './name-addr.ts'
import { parseVia, serializeVia } from './via.ts'

describe('RFC 3261 section 20.10: addresses', () => {
  const read: readonly (readonly [
    string,
    string | undefined,
    string,
    readonly (readonly [string, string | undefined])[],
  ])[] = [
    ['<sip:a@h>', undefined, 'sip:a@h', []],
    ['sip:a@h', undefined, 'sip:a@h', []],
    ['sip:a@h;tag=1', undefined, 'sip:a@h', [['tag', '1']]],
    ['<sip:a@h;lr>;tag=1', undefined, 'sip:a@h;lr', [['tag', '1']]],
    ['"A. G. Bell" <sip:a@h> ;tag=a48s', 'A. G. Bell', 'sip:a@h', [['tag', 'a48s']]],
    ['Anonymous <sip:c8oqz84zk7z@privacy.org>;TAG=hyh8', 'Anonymous', 'sip:c8oqz84zk7z@privacy.org', [['tag', 'hyh8']]],
    ['"<sip:fake@h>" <sip:a@h>', '<sip:fake@h>', 'sip:a@h', []],
    ['"a\\"<b>\\\\" <sip:a@h>', 'a"<b>\\', 'sip:a@h', []],
    ['"" <sip:a@h>', undefined, 'sip:a@h', []],
    ['J\u00fcrgen (office) <sip:a@h>', 'J\u00fcrgen (office)', 'sip:a@h', []],
    [
      '<sip:a@h>;x="a;b,c\\"";y',
      undefined,
      'sip:a@h',
      [
        ['x', 'a;b,c"'],
        ['y', undefined],
      ],
    ],
    ['<sip:a@h>;+sip.instance="<urn:uuid:1>"', undefined, 'sip:a@h', [['+sip.instance', '<urn:uuid:1>']]],
    ['<sip:a@h?Subject=x,y>', undefined, 'sip:a@h?Subject=x,y', []],
    ['<sip:a@h>;tag=1;tag=2', undefined, 'sip:a@h', [['tag', '1']]],
  ]
  for (const [text, displayName, uri, params] of read) {
    it(text, () => {
      const address = parseNameAddr(text)
      assert.deepEqual([address.displayName, address.uri, [...address.params]], [displayName, uri, params])
    })
  }

  const refused = [
    '',
    '<>',
    '<sip:a@h',
    'sip:a@h>',
    '"a <sip:a@h>',
    '<sip:a@h> x',
    '<sip:a@h>;',
    '<sip:a@h>;;x',
    '<sip:a@h>;=1',
    '<sip:a b@h>',
    'alice',
    '<alice>',
    'sip:a@h?x=y',
    'sip:a@h,sip:b@h',
    'a, b <sip:a@h>',
    '"a" "b" <sip:a@h>',
    '"a"b <sip:a@h>',
    '<sip:a@h>;x="y',
    '<sip:a@h><sip:b@h>',
  ]
  for (const text of refused)
    it(`${JSON.stringify(text)} is refused`, () => assert.throws(() => parseNameAddr(text), { status: 400 }))

  it('any name and parameter comes back as it was, and can end nothing', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 })
    fc.assert(
      fc.property(text, text, (displayName, value) => {
        const written = serializeNameAddr({
          displayName,
          uri: 'sip:a@h',
          params: new Map([
            ['x', value],
            ['tag', '1'],
          ]),
        })
        assert.ok(!/[\r\n\0]/.test(written))
        const address = parseNameAddr(written)
        const kept = (given: string): string => given.replace(/[\r\n\0]+/g, ' ')
        assert.equal(address.displayName ?? '', kept(displayName))
        assert.deepEqual(
          [...address.params],
          [
            ['x', kept(value)],
            ['tag', '1'],
          ],
        )
        assert.equal(address.uri, 'sip:a@h')
      }),
    )
  })

  it('a URI cannot leave its brackets', () => {
    assert.equal(serializeNameAddr({ uri: 'sip:a@h>;tag=evil\r\nX: <' }), '<sip:a@h;tag=evilX:>')
  })
})

describe('RFC 3261 section 20.42: Via', () => {
  it('host, port, branch, parameters, with spaces as the section shows them', () => {
    const via = parseVia('SIP / 2.0 / udp first.Example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1')
    assert.deepEqual(
      [via.protocol, via.host, via.port, via.branch],
      ['UDP', 'first.example.com', 4000, 'z9hG4bKa7c6a8dlze.1'],
    )
    assert.equal(via.params.get('maddr'), '224.2.0.1')
  })

  it('IPv6, and RFC 3581 flags', () => {
    const via = parseVia('SIP/2.0/TCP [2001:db8::9:1]:5061;branch=z9hG4bK1;rport;received=2001:db8::1')
    assert.deepEqual([via.host, via.port, via.params.has('rport')], ['[2001:db8::9:1]', 5061, true])
    assert.equal(serializeVia(via), 'SIP/2.0/TCP [2001:db8::9:1]:5061;branch=z9hG4bK1;rport;received=2001:db8::1')
  })

  for (const text of [
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/1.0/UDP h',
    'SIP/2.0 h',
    'SIP/2.0/UDP h:x',
    'SIP/2.0/UDP h i',
    'SIP/2.0/UDP h;branch',
    'SIP/2.0/UDP h;;',
  ]) {
    it(`${JSON.stringify(text)} is refused`, () => assert.throws(() => parseVia(text), { status: 400 }))
  }
})
