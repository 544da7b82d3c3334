import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import type { SipResponse } from '../message/message.ts'
import { parseMessage } from '../message/parse-message.ts'
import type { Destination } from '../transport/destination.ts'
import { InviteProof } from './invite-proof.ts'

const answerTo = (branch: string, proof: string, received = ''): SipResponse =>
  parseMessage(
    Buffer.from(
      [
        'SIP/2.0 200 OK',
        `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${branch};rport=5060${received};proof=${proof}`,
        'From: <sip:a@b>;tag=1',
        'To: <sip:c@d>;tag=2',
        'Call-ID: call-1',
        'CSeq: 1 INVITE',
        '',
        '',
      ].join('\r\n'),
    ),
  ) as SipResponse

describe('the proof that an INVITE was ours', () => {
  const clock = new VirtualClock()
  const proof = new InviteProof(clock, createSeededRandom(1), Buffer.alloc(32, 1))
  const to = (host: string, port = 5060, protocol: Destination['protocol'] = 'udp') => ({ protocol, host, port })

  for (const [what, sent, heard, wanted] of [
    ['the same address', to('192.0.2.2'), to('192.0.2.2'), true],
    ['IPv6 in another spelling', to('2001:DB8:0:0::1'), to('2001:db8::1'), true],
    ['IPv4 as a socket of IPv6 writes it', to('192.0.2.2'), to('::ffff:192.0.2.2'), true],
    ['another host', to('192.0.2.2'), to('192.0.2.3'), false],
    ['another port', to('192.0.2.2'), to('192.0.2.2', 5061), false],
    ['another transport', to('192.0.2.2'), to('192.0.2.2', 5060, 'tcp'), false],
  ] as const) {
    it(`${wanted ? 'holds' : 'does not hold'} for ${what}`, () => {
      const branch = proof.createBranch()
      const response = answerTo(branch, proof.create(branch, 'call-1', sent), ';received=192.0.2.1')
      assert.equal(proof.holds(response, heard), wanted)
    })
  }

  it('is of one key', () => {
    const branch = proof.createBranch()
    const other = new InviteProof(clock, createSeededRandom(1), Buffer.alloc(32, 2))
    assert.equal(other.holds(answerTo(branch, proof.create(branch, 'call-1', to('192.0.2.2'))), to('192.0.2.2')), false)
  })

  it('has no form that could not be compared', () => {
    const branch = proof.createBranch()
    for (const text of ['0', 'x'.repeat(19), '~'.repeat(20), 'x'.repeat(21)]) {
      assert.equal(proof.holds(answerTo(branch, text), to('192.0.2.2')), false)
    }
  })
})
