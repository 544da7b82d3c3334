import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Faults } from '../../../test/support/memory-network.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { createTestNetwork, testInvite } from '../../../test/support/test-agent.ts'
import type { IncomingInvite } from './incoming-invite.ts'
import type { Session } from './session.ts'

/** More runs when a change deserves them. */
const { PROPERTY_RUNS } = process.env

const body = { type: 'application/sdp', content: 'v=0\r\n' }

const faultArbitrary = fc.record({
  seed: fc.nat(),
  loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
  duplication: fc.double({ min: 0, max: 0.3, noNaN: true }),
  jitterMilliseconds: fc.integer({ min: 1, max: 1500 }),
})

/** What the two people do, and when (milliseconds after the INVITE). */
const storyArbitrary = fc.record({
  faults: faultArbitrary,
  ringAfter: fc.integer({ min: 0, max: 500 }),
  calleeDoes: fc.constantFrom('accepts', 'accepts', 'accepts', 'rejects', 'waits'),
  calleeAfter: fc.integer({ min: 0, max: 3000 }),
  callerCancelsAfter: fc.option(fc.integer({ min: 0, max: 4000 }), { nil: undefined, freq: 2 }),
  acknowledgeAfter: fc.integer({ min: 0, max: 600 }),
  callerControls: fc.constantFrom('offer', 'hold', 'refer', 'identity'),
  offerAfter: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined }),
  hangsUp: fc.constantFrom('caller', 'callee', 'both'),
  hangUpAfter: fc.integer({ min: 0, max: 5000 }),
  demandsReliability: fc.boolean(),
})

type Story = typeof storyArbitrary extends fc.Arbitrary<infer Value> ? Value : never

const createFaults = ({ seed, loss, duplication, jitterMilliseconds }: Story['faults']): Faults => {
  const { fraction } = createSeededRandom(seed)
  const delay = (): number => 1 + Math.floor(fraction() * jitterMilliseconds)
  return () => {
    if (fraction() < loss) return []
    return fraction() < duplication ? [delay(), delay()] : [delay()]
  }
}

const play = async (story: Story): Promise<void> => {
  const { clock, network, createAgent, assertClean } = createTestNetwork(story.faults.seed)
  network.faults = createFaults(story.faults)
  const caller = await createAgent(5060)
  const callee = await createAgent(5062)
  const heard = {
    answered: 0,
    failed: 0,
    callerEnds: 0,
    calleeEnds: 0,
    cancelled: 0,
    invites: 0,
    controlsAsked: 0,
    controlsEnded: 0,
  }
  let calleeSession: Session | undefined
  let callerSession: Session | undefined
  const invites: IncomingInvite[] = []
  callee.agent.onInvite = (invite) => {
    heard.invites++
    invites.push(invite)
    invite.onCancelled = () => heard.cancelled++
    clock.setTimeout(() => invite.ring(), story.ringAfter)
    clock.setTimeout(() => {
      if (story.calleeDoes === 'rejects') invite.reject(486)
      if (story.calleeDoes !== 'accepts') return
      calleeSession = invite.accept(body, [], {
        onEnded: () => heard.calleeEnds++,
        onOffer: () => 'answer',
        onTransferAsked: (transfer) => {
          transfer.accept()
          transfer.progress(180)
          clock.setTimeout(() => transfer.progress(200), story.ringAfter)
        },
      })
      if (story.hangsUp !== 'caller') clock.setTimeout(() => void calleeSession?.bye(), story.hangUpAfter)
    }, story.calleeAfter)
  }
  const carol = { uri: 'sip:carol@example.com', params: new Map() }
  /** Whatever comes of it, it comes to an end. */
  const control = (): void => {
    const session = callerSession
    if (session === undefined) return
    heard.controlsAsked++
    const asked = {
      offer: () => session.offer('new'),
      hold: () => session.hold(() => 'held'),
      refer: () => session.refer({ to: carol }),
      identity: () => session.updateIdentity(carol, () => 'the same'),
    }[story.callerControls]
    void asked().then(() => heard.controlsEnded++)
  }
  const headers: [string, string][] = story.demandsReliability ? [['Require', '100rel']] : []
  const invite = caller.agent.invite(testInvite(5062, { body, headers }), {
    onAnswered: (_response, dialog) => {
      heard.answered++
      clock.setTimeout(() => {
        callerSession = invite.acknowledge(dialog, undefined)
        if (story.hangsUp !== 'callee') clock.setTimeout(() => void invite.bye(), story.hangUpAfter)
        if (story.offerAfter !== undefined) clock.setTimeout(() => control(), story.offerAfter)
      }, story.acknowledgeAfter)
    },
    onFailed: () => heard.failed++,
    onEnded: () => heard.callerEnds++,
  })
  if (story.callerCancelsAfter !== undefined) clock.setTimeout(() => invite.cancel(), story.callerCancelsAfter)
  // Nobody waits for ever: the caller gives up on a phone that only rings, and hangs up on one that never does.
  clock.setTimeout(() => invite.cancel(), 60_000)
  clock.setTimeout(() => void calleeSession?.bye(), 60_000)
  await clock.advance(700_000)

  assert.equal(heard.answered + heard.failed >= 1, true, 'the caller was told nothing')
  assert.equal(heard.failed <= 1 && heard.answered <= 1, true, 'the caller was told twice')
  assert.equal(heard.answered === 1 && heard.failed === 1, false, 'answered and failed')
  assert.equal(heard.callerEnds, heard.answered, 'an answered call ends once, no other ends')
  assert.equal(heard.calleeEnds, calleeSession === undefined ? 0 : 1, 'the callee’s session ends once')
  assert.equal(calleeSession?.ended ?? true, true)
  assert.equal(heard.controlsEnded, heard.controlsAsked, 'what was asked for has an outcome')
  await assertClean()
}

describe('two user agents over a network that drops, delays, duplicates and reorders', () => {
  it('never leave a transaction, a dialog or a timer behind, and agree that the call is over', async () => {
    await fc.assert(fc.asyncProperty(storyArbitrary, play), { numRuns: Number(PROPERTY_RUNS ?? 300) })
  })
})
