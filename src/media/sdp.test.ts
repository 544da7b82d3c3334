import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CodecName } from './codec.ts'
import { parseSdp } from './parse-sdp.ts'
import { acceptAnswer, answerOffer, createOffer } from './sdp.ts'

const endpoint = { host: '192.0.2.1', port: 20_000 }
const sdp = (...lines: string[]): string =>
  `${['v=0', 'o=- 1 1 IN IP4 198.51.100.7', 's=-', ...lines].join('\r\n')}\r\n`
const phone = (...media: string[]): string => sdp('c=IN IP4 198.51.100.7', 't=0 0', ...media)
const answer = (offer: string, codecs: readonly CodecName[] = ['PCMA', 'PCMU', 'G722'], more = {}) =>
  answerOffer(endpoint, offer, { codecs, sessionId: '7', ...more })

test('an offer names every codec and the events at its clock', () => {
  assert.equal(
    createOffer(endpoint, ['PCMA', 'PCMU', 'G722'], { sessionId: '7' }),
    sdpOfOurs(
      'm=audio 20000 RTP/AVP 8 0 9 101',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=rtcp:20001',
      'a=sendrecv',
    ),
  )
  assert.match(createOffer(endpoint, ['opus']), /m=audio 20000 RTP\/AVP 111 110\r\n.*opus\/48000\/2/s)
  assert.match(createOffer({ host: '2001:db8::1', port: 4 }, ['PCMA']), /c=IN IP6 2001:db8::1/)
})

const sdpOfOurs = (...lines: string[]): string =>
  `${['v=0', 'o=- 7 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines].join('\r\n')}\r\n`

test('RFC 3264 6.1: the answer keeps their order of codecs and their payload types', () => {
  const offer = phone(
    'm=audio 4000 RTP/AVP 96 0 8 97',
    'a=rtpmap:96 iLBC/8000',
    'a=rtpmap:97 telephone-event/8000',
    'a=rtcp:5001',
    'a=ptime:30',
  )
  const result = answer(offer)
  assert.ok(result.ok)
  assert.deepEqual(result.negotiated, {
    codec: 'PCMU',
    payloadType: 0,
    clockRate: 8000,
    accepted: [
      { codec: 'PCMU', payloadType: 0 },
      { codec: 'PCMA', payloadType: 8 },
    ],
    dtmfPayloadType: 97,
    remote: { host: '198.51.100.7', port: 4000, rtcpPort: 5001 },
    ptime: 30,
    direction: 'sendrecv',
  })
  assert.match(result.sdp, /m=audio 20000 RTP\/AVP 0 8 97\r\n/)
  const ours = answer(offer, ['PCMA', 'PCMU'], { preference: 'ours' })
  assert.ok(ours.ok && ours.negotiated.codec === 'PCMA')
})

test('RFC 3264 6: every m= line is answered, in order; video and a second audio with port 0', () => {
  const result = answer(
    phone(
      'm=video 5000 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      'm=audio 4000 RTP/AVP 8',
      'm=audio 4002 RTP/AVP 8',
      'm=application 9 UDP/BFCP *',
    ),
  )
  assert.ok(result.ok)
  const lines = result.sdp.split('\r\n').filter((line) => line.startsWith('m='))
  assert.deepEqual(lines, [
    'm=video 0 RTP/AVP 96',
    'm=audio 20000 RTP/AVP 8',
    'm=audio 0 RTP/AVP 8',
    'm=application 0 UDP/BFCP *',
  ])
})

test('RFC 3264 6.1 and 8.4: hold is answered with its counterpart', () => {
  const cases = [
    ['sendonly', 'recvonly'],
    ['inactive', 'inactive'],
    ['recvonly', 'sendonly'],
    ['sendrecv', 'sendrecv'],
  ] as const
  for (const [theirs, ours] of cases) {
    const result = answer(phone('m=audio 4000 RTP/AVP 8', `a=${theirs}`))
    assert.ok(result.ok && result.negotiated.direction === theirs)
    assert.match(result.sdp, new RegExp(`a=${ours}\r\n`))
  }
  const old = answer(sdp('c=IN IP4 0.0.0.0', 't=0 0', 'm=audio 4000 RTP/AVP 8'))
  assert.ok(old.ok && old.negotiated.direction === 'inactive')
  const session = answer(sdp('c=IN IP4 198.51.100.7', 't=0 0', 'a=sendonly', 'm=audio 4000 RTP/AVP 8'))
  assert.ok(session.ok && session.negotiated.direction === 'sendonly')
})

test('an answer to our offer', () => {
  const result = acceptAnswer(
    phone('m=audio 4000 RTP/AVP 9 101', 'a=rtpmap:9 G722/8000', 'a=rtpmap:101 telephone-event/8000'),
    ['PCMA', 'G722'],
    endpoint,
  )
  assert.ok(result.ok && result.negotiated.codec === 'G722' && result.negotiated.dtmfPayloadType === 101)
  assert.deepEqual(result.negotiated.remote, { host: '198.51.100.7', port: 4000, rtcpPort: 4001 })
  const narrow = acceptAnswer(phone('m=audio 4000 RTP/AVP 0'), ['PCMA'], endpoint)
  assert.ok(!narrow.ok && narrow.code === 'no-common-codec')
})

test('RFC 3264 6.1: each side sends by the numbers of the other', () => {
  const result = acceptAnswer(
    phone('m=audio 4000 RTP/AVP 98 96', 'a=rtpmap:98 opus/48000/2', 'a=rtpmap:96 telephone-event/48000'),
    ['opus', 'PCMA'],
    endpoint,
  )
  assert.ok(result.ok)
  const { codec, payloadType, receivedAs, accepted, dtmfPayloadType, dtmfReceivedAs } = result.negotiated
  assert.deepEqual([codec, payloadType, receivedAs, dtmfPayloadType, dtmfReceivedAs], ['opus', 98, 111, 96, 110])
  assert.deepEqual(accepted, [{ codec: 'opus', payloadType: 98, receivedAs: 111 }])
})

test('an answer that lists comfort noise takes it', () => {
  const [with13, without] = ['8 13', '8'].map((types) =>
    acceptAnswer(phone(`m=audio 4000 RTP/AVP ${types}`), ['PCMA'], endpoint),
  )
  assert.ok(with13?.ok && with13.negotiated.comfortNoise === true)
  assert.ok(without?.ok && without.negotiated.comfortNoise === undefined)
})

test('what cannot be answered is refused with a reason, a code and a SIP status', () => {
  const audio = 'm=audio 4000 RTP/AVP 8'
  const cases = [
    ['', 'malformed', 400],
    ['hello', 'malformed', 400],
    [phone(), 'malformed', 400],
    [phone(audio).replace('v=0', 'v=1'), 'malformed', 400],
    [phone('m=audio'), 'malformed', 400],
    [phone('m=audio 4000'), 'malformed', 400],
    [phone('m=audio four RTP/AVP 8'), 'malformed', 400],
    [phone(audio, ...Array.from({ length: 32 }, () => 'm=video 0 RTP/AVP 96')), 'malformed', 400],
    [sdp('t=0 0', audio), 'malformed', 400],
    [`${phone(audio)}${'a=x\r\n'.repeat(5000)}`, 'malformed', 400],
    [phone('m=video 4000 RTP/AVP 96'), 'no-audio', 488],
    [phone('m=audio 0 RTP/AVP 8'), 'no-audio', 488],
    [phone('m=audio 4000 RTP/SAVP 8'), 'no-audio', 488],
    [phone('m=audio 4000 RTP/AVP 18'), 'no-common-codec', 488],
    [phone('m=audio 4000 RTP/AVP'), 'no-common-codec', 488],
    [phone('m=audio 4000 RTP/AVP 8', 'a=rtpmap:8 PCMA/16000'), 'no-common-codec', 488],
    [phone('m=audio 4000 RTP/AVP 96', 'a=rtpmap:97 PCMA/8000'), 'no-common-codec', 488],
    [phone('m=audio 70000 RTP/AVP 8'), 'no-audio', 488],
    [sdp('c=elsewhere', 't=0 0', audio), 'unsupported-address', 488],
    [sdp('c=IN IP4 phone.example.com', 't=0 0', audio), 'unsupported-address', 488],
    [sdp('c=IN IP6 2001:db8::1', 't=0 0', audio), 'unsupported-address', 488],
    [sdp('c=IN IP4 224.2.1.1/127', 't=0 0', audio), 'unsupported-address', 488],
  ] as const
  for (const [offer, code, status] of cases) {
    const result = answer(offer)
    assert.ok(!result.ok, offer)
    assert.deepEqual([result.code, result.sipStatus], [code, status], offer.slice(0, 200))
    assert.ok(result.message.length > 10)
  }
})

test('what we do not use cannot spoil a description', () => {
  const plain = phone('m=audio 4000 RTP/AVP 8 101', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000')
  const expected = answer(plain)
  assert.ok(expected.ok)
  const changed = (from: string | RegExp, to: string): string => {
    const result = plain.replace(from, to)
    assert.notEqual(result, plain, String(from))
    return result
  }
  const origin = 'o=- 1 1 IN IP4 198.51.100.7'
  const relatives = {
    'an origin without an address': changed(origin, 'o=- 1001 1 IN'),
    'no origin': changed(`${origin}\r\n`, ''),
    "an RTSP server's origin": changed(origin, 'o=RTSP Session 0 0 IN IP4 198.51.100.7'),
    'an origin of words': changed(origin, 'o=user name x y IN IP4 somewhere'),
    'a version with a space behind it': changed('v=0', 'v=0 '),
    'no version': changed('v=0\r\n', ''),
    'no session name': changed('s=-\r\n', ''),
    'an empty session name': changed('s=-', 's='),
    'no time': changed('t=0 0\r\n', ''),
    'neither of both': changed(/s=-\r\n|t=0 0\r\n/g, ''),
    'a number of ports': changed('m=audio 4000', 'm=audio 4000/1'),
    'several spaces': changed('m=audio 4000 RTP/AVP 8 101', 'm=audio  4000  RTP/AVP  8  101 '),
    'a lower-case protocol': changed('RTP/AVP', 'rtp/avp'),
    'an upper-case medium': changed('m=audio', 'm=AUDIO'),
    'lower-case codecs': changed('PCMA/8000', 'pcma/8000'),
    'upper-case events': changed('telephone-event', 'TELEPHONE-EVENT'),
    'no rtpmap for a static payload type': changed('a=rtpmap:8 PCMA/8000\r\n', ''),
    'an rtpmap without a clock rate': changed('PCMA/8000', 'PCMA'),
    'an rtpmap with a channel': changed('PCMA/8000', 'PCMA/8000/1'),
    'an rtpmap with spaces': changed('rtpmap:8 PCMA/8000', 'rtpmap: 8   PCMA / 8000'),
    'spaces around signs': changed(/a=rtpmap/g, ' a= rtpmap'),
    'payload types twice': changed('AVP 8 101', 'AVP 8 101 8 101'),
    'payload types that are none': changed('AVP 8 101', 'AVP x 999 8 -1 101'),
    'LF ends lines': changed(/\r\n/g, '\n'),
    'CR ends lines': changed(/\r\n/g, '\r'),
    'no end of the last line': changed(/\r\n$/, ''),
    'empty lines': changed(/\r\n/g, '\r\n\r\n'),
    'garbage behind it': `${plain}\0\0<html>\r\nb=\r\n=\r\na\r\n`,
    'lines of RFC 8866 that we do not know': changed('t=0 0', 'b=AS:64\r\nt=0 0\r\na=group:BUNDLE 0\r\nk=clear:x'),
    'the address with the stream': changed(/(c=IN IP4 198.51.100.7)\r\n(.*AVP 8 101)/s, '$2\r\n$1'),
    'an address without a network type': changed('c=IN IP4', 'c=IP4'),
    'spaces in the address line': changed('c=IN IP4 198.51.100.7', 'c=IN  IP4  198.51.100.7 '),
    "the stream's address outranks the session's": changed(
      /(c=IN IP4 198.51.100.7)\r\n(.*AVP 8 101)/s,
      'c=IN IP4 192.0.2.99\r\n$2\r\n$1',
    ),
    'an RTCP port that is none': changed('a=rtpmap:8', 'a=rtcp:none\r\na=rtpmap:8'),
    'a packet time that is none': changed('a=rtpmap:8', 'a=ptime:soon\r\na=rtpmap:8'),
    'a second audio stream': `${plain}m=audio 4002 RTP/AVP 8\r\n`,
    'an audio stream that we cannot take before it': changed('m=audio', 'm=audio 3000 RTP/AVP 18\r\nm=audio'),
    'a rejected stream before it': changed('m=audio', 'm=audio 0 RTP/AVP 8\r\nm=audio'),
    'an encrypted stream before it': changed('m=audio', 'm=audio 3000 RTP/SAVP 8\r\nm=audio'),
    'a fax before it': changed('m=audio', 'm=image 3000 udptl t38\r\nm=audio'),
    'video without formats before it': changed('m=audio', 'm=video 3000 RTP/AVP\r\nm=audio'),
  }
  for (const [name, offer] of Object.entries(relatives)) {
    const result = answer(offer)
    assert.ok(result.ok, `${name}: ${'message' in result ? result.message : ''}`)
    assert.deepEqual(result.negotiated, expected.negotiated, name)
    const streams = offer.match(/(^|[\r\n])m=/g)?.length
    assert.equal(result.sdp.match(/^m=/gm)?.length, streams, `${name}: every stream is answered`)
  }
})

test('G.722 is understood with the rate that it samples at as well, and answered with the right one', () => {
  const result = answer(phone('m=audio 4000 RTP/AVP 9', 'a=rtpmap:9 G722/16000'))
  assert.ok(result.ok)
  assert.match(result.sdp, /a=rtpmap:9 G722\/8000/)
})

test('IPv6, where we speak it', () => {
  const offer = sdp('c=IN IP6 2001:db8::7', 't=0 0', 'm=audio 4000 RTP/AVP 8')
  for (const text of [offer, offer.replace('2001:db8::7', '[2001:db8::7]')]) {
    const result = answerOffer({ host: '2001:db8::1', port: 20_000 }, text, { codecs: ['PCMA'] })
    assert.ok(result.ok)
    assert.equal(result.negotiated.remote.host, '2001:db8::7')
    assert.match(result.sdp, /^o=- \d+ 1 IN IP6 2001:db8::1\r\n/m)
  }
})

test('no bytes make it throw', () => {
  const whole = phone(
    'm=audio 4000 RTP/AVP 8 101',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=rtcp:4001 IN IP4 1.2.3.4',
    'a=sendonly',
  )
  fc.assert(fc.property(fc.string(), (text) => void answer(text)))
  fc.assert(fc.property(fc.string(), (text) => void answer(`${whole}${text}`)))
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(6), fc.string({ maxLength: 6 }), (at, cut, text) => {
      const result = answer(whole.slice(0, at) + text + whole.slice(at + cut))
      if (result.ok) assert.ok(parseSdp(result.sdp).ok)
    }),
    { numRuns: 2000 },
  )
})
