import { ScriptedPeer } from './scripted-peer.ts'
import { createTestNetwork, recordInvite, testInvite } from './test-agent.ts'

/** An agent's INVITE has come to a peer that says only what the test has it say. */
export async function dialScriptedPeer() {
  const { clock, network, createAgent, assertClean } = createTestNetwork()
  const { agent } = await createAgent(5060)
  const peer = new ScriptedPeer(network, 6000)
  const record = recordInvite()
  const invite = agent.invite(testInvite(6000), record.handler)
  await clock.advance(10)
  return { agent, clock, peer, record, invite, assertClean }
}
