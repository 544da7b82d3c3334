import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { LegRecovery } from '../call/call-event.ts'
import type { EndCause } from '../call/end-cause.ts'
import { type Source, silence } from '../call/source.ts'
import type { LegDestination, LegEvent, LegHandle } from '../telephony/driver.ts'
import { LegPlayback } from '../telephony/leg-playback.ts'
import { HuntLeg, type HuntRequest, recoveriesOf } from './hunt-leg.ts'

/** One member's leg; the test says what happens to it. */
class MemberLeg implements LegHandle {
  readonly callId = 'call'
  readonly leg = 'first'
  readonly name: string
  readonly hungUp: EndCause[] = []
  readonly heard: string[] = []
  readonly request: HuntRequest
  readonly #listener: (event: LegEvent) => void
  ended = false
  #answered = false

  constructor(request: HuntRequest, destination: LegDestination, listener: (event: LegEvent) => void) {
    this.request = request
    this.name = nameOf(destination)
    this.#listener = listener
  }

  get speaker() {
    return this
  }
  hear(source: Source<LegHandle>) {
    this.heard.push(source.kind)
    return new LegPlayback().begin()
  }
  sendDigits(digits: string) {
    this.heard.push(digits)
  }
  hangup(cause: EndCause) {
    this.hungUp.push(cause)
  }

  happen(event: LegEvent) {
    if (this.ended) return
    this.ended = event.type === 'ended'
    this.#listener(event)
  }

  recovery = (): LegRecovery => ({ driver: 'test', data: this.name })
  dialled = () => this.request.journal('dialled', this.recovery())
  async answer() {
    if (this.#answered) return
    this.#answered = true
    await this.request.journal('answered', this.recovery())
    this.happen({ type: 'answered' })
  }
}

const nameOf = (destination: LegDestination): string =>
  destination.kind === 'line' ? destination.line.number : destination.number
const member = (number: string): LegDestination => ({ kind: 'line', line: { account: 'acme', number } })

async function startHunt(...rounds: readonly (readonly string[])[]) {
  const legs: MemberLeg[] = []
  const events: LegEvent[] = []
  const journal: string[] = []
  const request: HuntRequest = {
    callId: 'call',
    leg: 'first',
    autoAnswer: false,
    ringSeconds: 15,
    journal: async (moment, recovery, _attempt, member) => {
      const by = member === undefined ? '' : ` by ${nameOf(member)}`
      journal.push(`${moment} ${recoveriesOf(recovery).map(({ data }) => data)}${by}`)
    },
  }
  const hunt = new HuntLeg(
    request,
    rounds.map((round) => round.map(member)),
    (...member) => {
      const leg = new MemberLeg(...member)
      legs.push(leg)
      return leg
    },
    (event) => events.push(event),
  ).start()
  await Promise.resolve()
  const leg = (name: string) => legs.find((each) => each.name === name && !each.ended) as MemberLeg
  const names = () => events.map(({ type }) => type)
  return { hunt, leg, legs, events, names, journal }
}

const ended = (cause: EndCause): LegEvent => ({ type: 'ended', cause })

describe('a hunt is one leg', () => {
  test('the first member answers: the others are not rung', async () => {
    const { hunt, leg, legs, names, journal } = await startHunt(['101'], ['102'])
    await leg('101').dialled()
    leg('101').happen({ type: 'ringing' })
    await leg('101').answer()
    assert.deepEqual(names(), ['ringing', 'answered'])
    assert.equal(hunt.speaker, leg('101'))
    leg('101').happen(ended('completed'))
    assert.deepEqual(names(), ['ringing', 'answered', 'ended'])
    assert.equal(legs.length, 1)
    assert.deepEqual(journal, ['dialled 101', 'answered 101 by 101'])
  })

  test('no answer, busy and rejected each lead to the next; the last verdict stands', async () => {
    const { leg, events, names } = await startHunt(['101'], ['102'], ['103'])
    leg('101').happen({ type: 'ringing' })
    leg('101').happen(ended('no-answer'))
    leg('102').happen({ type: 'ringing' })
    leg('102').happen(ended('rejected'))
    leg('103').happen(ended('busy'))
    assert.deepEqual(names(), ['ringing', 'ended'])
    assert.deepEqual(events.at(-1), { type: 'ended', cause: 'busy' })
  })

  test('that nobody was there says less than that somebody was rung', async () => {
    const { leg, events } = await startHunt(['101'], ['102'])
    leg('101').happen(ended('no-answer'))
    leg('102').happen(ended('unavailable'))
    assert.deepEqual(events.at(-1), { type: 'ended', cause: 'no-answer' })
  })

  test('with nobody to ring it ends as unavailable', async () => {
    const { events } = await startHunt()
    assert.deepEqual(events, [{ type: 'ended', cause: 'unavailable' }])
  })

  test('all at once: the first to answer has it, the others go, and the log holds all that ring', async () => {
    const { leg, names, journal, events } = await startHunt(['101', '102', '103'])
    for (const name of ['101', '102', '103']) await leg(name).dialled()
    await leg('102').answer()
    assert.deepEqual(journal, ['dialled 101', 'dialled 101,102', 'dialled 101,102,103', 'answered 101,102,103 by 102'])
    assert.deepEqual([leg('101').hungUp, leg('103').hungUp, leg('102').hungUp], [['cancelled'], ['cancelled'], []])
    const [first, third] = [leg('101'), leg('103')]
    leg('102').happen({ type: 'ended', cause: 'completed', sipStatus: 200 })
    assert.deepEqual(names(), ['answered'], 'not ended while another still rings')
    first.happen(ended('cancelled'))
    third.happen(ended('cancelled'))
    assert.deepEqual(events.at(-1), { type: 'ended', cause: 'completed', sipStatus: 200 })
  })

  test('two answer at once: the second is hung up and never mentioned', async () => {
    const { leg, names, hunt } = await startHunt(['101', '102'])
    const [one, two] = [leg('101'), leg('102')]
    const answers = [one.answer(), two.answer()]
    await Promise.all(answers)
    assert.deepEqual(names(), ['answered'])
    assert.equal(hunt.speaker, one)
    assert.equal(two.hungUp.length > 0, true)
  })

  test('who is rung alone can be heard, of several nobody; and only who has answered hears', async () => {
    const alone = await startHunt(['101'])
    assert.equal(alone.hunt.speaker, alone.leg('101'))
    assert.equal(await alone.hunt.hear(silence).done, 'stopped')
    await alone.leg('101').answer()
    assert.equal(await alone.hunt.hear(silence).begun, true)
    assert.deepEqual(alone.leg('101').heard, ['silence'])
    const together = await startHunt(['101', '102'])
    assert.equal(together.hunt.speaker, undefined)
    await together.leg('102').answer()
    assert.equal(together.hunt.speaker, together.leg('102'))
  })

  test('hung up between two members: the next is not rung', async () => {
    const { hunt, leg, legs, events } = await startHunt(['101'], ['102'])
    hunt.hangup('cancelled')
    hunt.hangup('completed')
    assert.deepEqual(leg('101').hungUp, ['cancelled'])
    leg('101').happen(ended('cancelled'))
    assert.deepEqual(events, [{ type: 'ended', cause: 'cancelled' }])
    assert.equal(legs.length, 1)
  })
})

test('whatever happens in whatever order: one end, one answer at most, and nobody is left ringing', async () => {
  const action = fc.record({
    member: fc.integer({ min: 0, max: 3 }),
    what: fc.constantFrom('ring', 'answer', 'no-answer', 'busy', 'hang up', 'tick'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), fc.boolean(), async (actions, together) => {
      const names = ['101', '102', '103', '104']
      const { hunt, legs, names: happened } = await startHunt(...(together ? [names] : names.map((name) => [name])))
      for (const { member: index, what } of actions) {
        const leg = legs[index % Math.max(1, legs.length)]
        if (what === 'hang up') hunt.hangup('cancelled')
        else if (what === 'tick') await Promise.resolve()
        else if (leg !== undefined && !leg.ended && what === 'ring') leg.happen({ type: 'ringing' })
        else if (leg !== undefined && !leg.ended && what === 'answer') void leg.answer()
        else if (leg !== undefined && !leg.ended && what !== 'ring' && what !== 'answer') leg.happen(ended(what))
      }
      hunt.hangup('cancelled')
      for (let round = 0; round < 10; round++) {
        await new Promise((resolve) => setImmediate(resolve))
        // A driver ends what was hung up.
        for (const leg of legs) if (leg.hungUp.length > 0) leg.happen(ended('cancelled'))
      }
      assert.equal(happened().filter((type) => type === 'ended').length, 1)
      assert.equal(happened().at(-1), 'ended')
      assert.ok(happened().filter((type) => type === 'answered').length <= 1)
      assert.ok(happened().filter((type) => type === 'ringing').length <= 1)
      assert.deepEqual(
        legs.filter((leg) => !leg.ended).map(({ name }) => name),
        [],
      )
    }),
    { numRuns: 300 },
  )
})
