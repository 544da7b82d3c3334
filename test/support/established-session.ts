import assert from 'node:assert/strict'
import { ScriptedPeer } from './scripted-peer.ts'
import { createTestNetwork, recordInvite, testInvite } from './test-agent.ts'

/** A confirmed session with a scripted peer whose tag is `a`. */
export const establishSession = async (
  answerHeaders: readonly string[] = [],
  options: { readonly transfers?: boolean } = {},
) => {
  const test = createTestNetwork()
  const { agent, transactions } = await test.createAgent(5060, options)
  const peer = new ScriptedPeer(test.network, 6000)
  const record = recordInvite()
  const invite = agent.invite(testInvite(6000), record.handler)
  await test.clock.advance(10)
  const request = peer.last('INVITE')
  peer.respond(request, 200, 'OK', { toTag: 'a', headers: answerHeaders })
  await test.clock.advance(10)
  const session = invite.acknowledge(record.dialog)
  assert.ok(session)
  await test.clock.advance(10)
  const to = { host: '127.0.0.1', port: 5060 }
  /** Sends a request of the peer within the dialog and returns the answer. */
  const ask = async (method: string, sequence: number, headers: string[] = [], body = '') => {
    const line = `${method} sip:alice@127.0.0.1:5060`
    peer.request(line, [...dialogHeaders(method, sequence), ...headers], to, body)
    await test.clock.advance(10)
    const answer = peer.received.findLast(
      (message) => message.header('CSeq') === `${sequence} ${method}` && message.status > 0,
    )
    assert.ok(answer, `no answer to ${method}`)
    return answer
  }
  const dialogHeaders = (method: string, sequence: number): string[] => [
    `From: <sip:bob@example.com>;tag=a`,
    `To: <sip:alice@example.com>;tag=${request.tag('From')}`,
    `Call-ID: ${request.header('Call-ID')}`,
    `CSeq: ${sequence} ${method}`,
    ...(method === 'INVITE' || method === 'UPDATE' ? ['Contact: <sip:bob@127.0.0.1:6000>'] : []),
  ]
  return { ...test, agent, transactions, peer, record, invite, session, ask, dialogHeaders, to }
}
