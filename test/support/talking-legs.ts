import assert from 'node:assert/strict'
import type { LegHandle } from '../../src/telephony/driver.ts'
import type { ScriptedPeer, WireMessage } from './scripted-peer.ts'
import { answer, createTestEngine, lineDestination, ringing, testDescription, within } from './test-engine.ts'

/** Two lines with a phone each. */
export const twoPhones = [
  { line: '101', port: 6001 },
  { line: '102', port: 6002 },
] as const

/** Lets each hear the other; how it went with those that did not come to hear. */
export const join = async (one: LegHandle, other: LegHandle) => {
  const playbacks = [one.hear({ kind: 'legs', legs: [other] }), other.hear({ kind: 'legs', legs: [one] })]
  const ends = await Promise.all(playbacks.map(async ({ begun, done }) => ((await begun) ? [] : [await done])))
  return ends.flat()
}

/** Two legs in a call, each with the payload types that its phone answered with. */
export const talk = async (first = '8 101', second = '8 101') => {
  const engine = await createTestEngine(twoPhones)
  const [alice, bob] = [ringing(engine.peer(6001)), ringing(engine.peer(6002))]
  const one = engine.dial({ destination: lineDestination('101') })
  await engine.clock.advance(10)
  answer(alice, testDescription(41_000, first))
  await engine.clock.advance(10)
  const other = engine.dial({ destination: lineDestination('102'), leg: 'second', partner: one.handle })
  await engine.clock.advance(10)
  answer(bob, testDescription(42_000, second))
  await engine.clock.advance(10)
  await join(one.handle, other.handle)
  await engine.clock.advance(10)
  /** Offers within the dialog, and acknowledges what is answered; the response. */
  const offer = async (phone: typeof alice, method: 'INVITE' | 'UPDATE', sequence: number, body: string) => {
    within(phone, method, sequence, body)
    await engine.clock.advance(10)
    const response = phone.received.findLast(({ status }) => status >= 200)
    assert.ok(response)
    if (method === 'INVITE') within(phone, 'ACK', sequence, body === '' ? testDescription(43_000, '8') : '')
    await engine.clock.advance(10)
    return response
  }
  const lastRemote = (port: number) => {
    const id = engine.media.endpoints.find((endpoint) => endpoint.port === port)?.id
    const remotes = engine.media.commands.flatMap((command) => (command.op === 'remote' ? [command] : []))
    return remotes.findLast((command) => command.id === id)?.media
  }
  const end = async () => {
    one.handle.hangup('completed')
    other.handle.hangup('completed')
    await engine.assertClean()
    assert.equal(one.end?.cause, 'completed')
    assert.equal(other.end?.cause, 'completed')
  }
  return { ...engine, alice, bob, one, other, offer, lastRemote, end }
}

/** The phone takes an offer of ours. */
export const answerTo = (phone: ScriptedPeer, offer: WireMessage, body: string) =>
  phone.respond(offer, 200, 'OK', { body })

/** What a leg that is in a call has told. */
export const upright = ['ringing', 'answered']

/** Of a description's `o=` line. */
export const versionOf = (body: string) => Number(/^o=\S+ \d+ (\d+)/m.exec(body)?.[1])
