import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../clock.ts'
import { silentLog } from '../../log.ts'
import { systemRandom } from '../../random.ts'
import { TransactionLayer } from '../transaction/transaction-layer.ts'
import type { TransportProtocol } from '../transport/destination.ts'
import { TransportLayer } from '../transport/transport-layer.ts'
import type { InviteHandler } from './invite-options.ts'
import { UserAgent } from './user-agent.ts'

const host = '127.0.0.1'
const body = { type: 'application/sdp', content: 'offer' }

const createAgent = async (protocol: TransportProtocol) => {
  const common = { clock: systemClock, random: systemRandom, log: silentLog }
  const transport = new TransportLayer(common)
  const { port } = await transport.listen({ protocol, host, port: 0 })
  const transactions = new TransactionLayer({ ...common, transport })
  const agent = new UserAgent({ ...common, transactions, transport, userAgentHeader: 'Test/1' })
  const close = async (): Promise<void> => {
    agent.close()
    transactions.close()
    await transport.close()
  }
  return { agent, port, close }
}

const uriFor = (protocol: TransportProtocol, port: number): string =>
  `sip:bob@${host}:${port}${protocol === 'tcp' ? ';transport=tcp' : ''}`

describe('two user agents over real sockets', () => {
  for (const protocol of ['udp', 'tcp'] as const) {
    it(`call, change the session and hang up over ${protocol}`, async () => {
      const caller = await createAgent(protocol)
      const callee = await createAgent(protocol)
      try {
        const calleeEnded = Promise.withResolvers<string>()
        callee.agent.onInvite = (invite) => {
          invite.ring()
          invite.accept(body, [], { onEnded: calleeEnded.resolve, onOffer: (offer) => `answer to ${offer}` })
        }
        const answered = Promise.withResolvers<Parameters<InviteHandler['onAnswered']>[1]>()
        const invite = caller.agent.invite(
          {
            uri: uriFor(protocol, callee.port),
            destination: { protocol, host, port: callee.port },
            from: { uri: 'sip:alice@example.com', params: new Map() },
            to: { uri: 'sip:bob@example.com', params: new Map() },
            body,
          },
          {
            onAnswered: (_response, dialog) => answered.resolve(dialog),
            onFailed: (failure) => answered.reject(new Error(failure.reason)),
          },
        )
        const session = invite.acknowledge(await answered.promise)
        assert.deepEqual(await session?.offer('hold'), { status: 'answered', answer: 'answer to hold' })
        await invite.bye()
        assert.equal(await calleeEnded.promise, 'remote')
        for (const { agent } of [caller, callee]) assert.equal(agent.counts().dialogs, 0)
      } finally {
        await caller.close()
        await callee.close()
      }
    })
  }

  it('a port where nobody listens fails the call at once over TCP', async () => {
    const caller = await createAgent('tcp')
    const gone = await createAgent('tcp')
    await gone.close()
    try {
      const failed = Promise.withResolvers<number>()
      caller.agent.invite(
        {
          uri: uriFor('tcp', gone.port),
          destination: { protocol: 'tcp', host, port: gone.port },
          from: { uri: 'sip:alice@example.com', params: new Map() },
          to: { uri: 'sip:bob@example.com', params: new Map() },
        },
        { onAnswered() {}, onFailed: ({ status }) => failed.resolve(status) },
      )
      assert.equal(await failed.promise, 503)
      assert.equal(caller.agent.counts().outgoingInvites, 0)
    } finally {
      await caller.close()
    }
  })
})
