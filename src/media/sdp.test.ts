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
    [`v=0\r\nc=IN IP4 198.51.100.7\r\n${audio}\r\n`, 'malformed', 400],
    [sdp('t=0 0', audio), 'malformed', 400],
    [`${phone(audio)}${'a=x\r\n'.repeat(5000)}`, 'malformed', 400],
    [phone('m=video 4000 RTP/AVP 96'), 'no-audio', 488],
    [phone('m=audio 0 RTP/AVP 8'), 'no-audio', 488],
    [phone('m=audio 4000 RTP/SAVP 8'), 'no-audio', 488],
    [phone('m=audio 4000 RTP/AVP 18'), 'no-common-codec', 488],
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
