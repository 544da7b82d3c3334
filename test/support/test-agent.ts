import assert from 'node:assert/strict'
import { silentLog } from '../../src/log.ts'
import type { Dialog } from '../../src/sip/dialog/dialog.ts'
import type { SipResponse } from '../../src/sip/message/message.ts'
import { TransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import { TransportLayer } from '../../src/sip/transport/transport-layer.ts'
import type { InviteFailure, InviteHandler, InviteOptions } from '../../src/sip/user-agent/invite-options.ts'
import type { SessionEnd } from '../../src/sip/user-agent/session-handler.ts'
import { UserAgent } from '../../src/sip/user-agent/user-agent.ts'
import { MemoryNetwork } from './memory-network.ts'
import { MemorySockets } from './memory-sockets.ts'
import { createSeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface TestAgent {
  readonly agent: UserAgent
  readonly transactions: TransactionLayer
  readonly transport: TransportLayer
}

/** All agents are one server, before and after a restart. */
const proofKey = Buffer.alloc(32, 7)

/** A network in virtual time, with user agents on it. */
export const createTestNetwork = (seed = 1) => {
  const clock = new VirtualClock()
  const network = new MemoryNetwork(clock)
  const random = createSeededRandom(seed)
  const agents: TestAgent[] = []
  const createAgent = async (port: number, { transfers = true } = {}): Promise<TestAgent> => {
    const transport = new TransportLayer({ clock, random, log: silentLog, sockets: new MemorySockets(network) })
    await transport.listen({ protocol: 'udp', host: '127.0.0.1', port })
    const transactions = new TransactionLayer({ transport, clock, random, log: silentLog, proofKey })
    const common = { transactions, transport, clock, random, log: silentLog, userAgentHeader: 'Test/1' }
    const agent = new UserAgent({ ...common, transfers })
    const created = { agent, transactions, transport }
    agents.push(created)
    return created
  }
  /** After every timer of RFC 3261 has had its time, nothing may be left: no dialog, no transaction, no timer. */
  const assertClean = async (): Promise<void> => {
    await clock.advance(70_000)
    for (const { agent, transactions } of agents) {
      assert.deepEqual(agent.counts(), { outgoingInvites: 0, incomingInvites: 0, dialogs: 0, recoveries: 0, timers: 0 })
      const { clientTransactions, serverTransactions, timers } = transactions.counts()
      assert.deepEqual(
        { clientTransactions, serverTransactions, timers },
        { clientTransactions: 0, serverTransactions: 0, timers: 0 },
      )
    }
    assert.equal(clock.pending, 0)
  }
  return { clock, network, random, createAgent, assertClean }
}

export const testInvite = (port: number, more: Partial<InviteOptions> = {}): InviteOptions => ({
  uri: `sip:bob@127.0.0.1:${port}`,
  destination: { protocol: 'udp', host: '127.0.0.1', port },
  from: { displayName: 'Alice', uri: 'sip:alice@example.com', params: new Map() },
  to: { displayName: '', uri: 'sip:bob@example.com', params: new Map() },
  ...more,
})

/** Writes down what an INVITE's handler hears. */
export const recordInvite = () => {
  const record = {
    provisional: [] as number[],
    answered: undefined as SipResponse | undefined,
    dialog: undefined as unknown as Dialog,
    failure: undefined as InviteFailure | undefined,
    ends: [] as SessionEnd[],
    infos: [] as string[],
    holds: [] as string[],
    handler: undefined as unknown as InviteHandler,
  }
  record.handler = {
    onProvisional: (response) => void record.provisional.push(response.status),
    onAnswered: (response, dialog) => {
      assert.equal(record.answered, undefined, 'answered twice')
      record.answered = response
      record.dialog = dialog
    },
    onFailed: (failure) => {
      assert.equal(record.failure, undefined, 'failed twice')
      record.failure = failure
    },
    onEnded: (end) => void record.ends.push(end),
    onInfo: (_type, body) => void record.infos.push(body),
    onHeld: (direction) => void record.holds.push(`held ${direction}`),
    onResumed: (direction) => void record.holds.push(`resumed ${direction}`),
    onOffer: (offer) => (offer.includes('refuse') ? undefined : `answer to ${offer}`),
  }
  return record
}
