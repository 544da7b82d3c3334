import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeHold, directionOf } from './media-direction.ts'

const lines = (...text: string[]): string => `${text.join('\r\n')}\r\n`
const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-']
const here = 'c=IN IP4 192.0.2.1'
const audio = 'm=audio 4000 RTP/AVP 8'

describe('the direction of a description (RFC 3264 section 5.1)', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['none said', lines(...head, here, audio), 'sendrecv'],
    ['said of the stream', lines(...head, here, audio, 'a=sendonly'), 'sendonly'],
    ['said of the session', lines(...head, here, 'a=inactive', audio), 'inactive'],
    ['the stream goes before the session', lines(...head, here, 'a=inactive', audio, 'a=recvonly'), 'recvonly'],
    ['RFC 2543: nowhere', lines(...head, 'c=IN IP4 0.0.0.0', audio, 'a=sendrecv'), 'inactive'],
    ['nowhere, of the stream', lines(...head, here, audio, 'c=IN IP4 0.0.0.0'), 'inactive'],
    ['nowhere by IPv6', lines(...head, 'c=IN IP6 ::', audio), 'inactive'],
    ['the stream is somewhere', lines(...head, 'c=IN IP4 0.0.0.0', audio, here), 'sendrecv'],
    [
      'a stream that was refused does not count',
      lines(...head, here, 'm=audio 0 RTP/AVP 8', 'a=inactive', audio),
      'sendrecv',
    ],
    ['nor does video', lines(...head, here, audio, 'm=video 4002 RTP/AVP 96', 'a=inactive'), 'sendrecv'],
    ['video first', lines(...head, here, 'm=video 4002 RTP/AVP 96', 'a=inactive', audio, 'a=sendonly'), 'sendonly'],
    ['all refused', lines(...head, here, 'm=audio 0 RTP/AVP 8'), 'inactive'],
    ['bare line feeds', lines(...head, here, audio, 'a=sendonly').replaceAll('\r', ''), 'sendonly'],
    ['no stream at all', lines(...head), 'sendrecv'],
    ['0.0.0.0 in another line', lines('v=0', 'o=- 1 1 IN IP4 0.0.0.0', here, audio), 'sendrecv'],
  ]
  for (const [name, description, direction] of cases) {
    it(`${name}: ${direction}`, () => assert.equal(directionOf(description), direction))
  }
})

describe('the description of a hold (RFC 3264 section 8.4)', () => {
  for (const [direction, held] of [
    ['sendrecv', 'sendonly'],
    ['recvonly', 'inactive'],
    ['sendonly', 'sendonly'],
    ['inactive', 'inactive'],
  ] as const) {
    it(`${direction} becomes ${held}, wherever it is said`, () => {
      const ofStream = lines(...head, here, audio, `a=${direction}`, 'a=ptime:20')
      assert.equal(describeHold(ofStream), lines(...head, here, audio, 'a=ptime:20', `a=${held}`))
      const ofSession = lines(...head, here, `a=${direction}`, audio)
      assert.equal(describeHold(ofSession), lines(...head, here, audio, `a=${held}`))
    })
  }

  it('is said of every stream, also where nothing was said', () => {
    const two = lines(...head, here, audio, 'm=video 4002 RTP/AVP 96', 'a=recvonly')
    assert.equal(describeHold(two), lines(...head, here, audio, 'a=sendonly', 'm=video 4002 RTP/AVP 96', 'a=inactive'))
  })

  it('is left alone where there is no stream', () => assert.equal(describeHold('anything'), 'anything'))
})
