import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { CallEvent, CallEventDetail, LoggedCallEvent } from '../../src/call/call-event.ts'
import { lowestCallId } from '../../src/call/call-id-order.ts'
import type { CallRequest } from '../../src/call/call-request.ts'
import { projectCall } from '../../src/call/project-call.ts'
import type { CallStore, IdempotencyKey } from '../../src/store/call-store.ts'
import type { Store } from '../../src/store/store.ts'
import { callRequest, fakeRecovery } from './call-scene.ts'

const day = 24 * 3600 * 1000
let at = Date.UTC(2026, 0, 1)
let number = 0

/** One call's events, with an id and times of its own. */
class Story {
  readonly id: string
  readonly acceptance: readonly CallEvent[]
  readonly account: string

  constructor(request: Partial<CallRequest> = {}, acceptedAt = ++at, dueAt?: number) {
    this.id = lowestCallId(acceptedAt) + String(++number).padStart(20, '0')
    this.account = request.account ?? 'acme'
    const accepted: CallEventDetail = {
      type: 'call.accepted',
      request: callRequest({
        second: { target: { kind: 'dial', value: '0412345678' } },
        variables: { naïve: 'ünïcode "quoted" \u2028' },
        ...request,
      }),
      destinations: { first: { kind: 'line', number: '101' }, second: { kind: 'number', number: '+61412345678' } },
    }
    this.acceptance = [
      { ...accepted, callId: this.id, at: acceptedAt },
      ...(dueAt === undefined ? [] : [this.event({ type: 'call.scheduled', dueAt })]),
    ]
  }

  event(detail: CallEventDetail): CallEvent {
    return { ...detail, callId: this.id, at: ++at } as CallEvent
  }

  /** From the first dialling to the end. */
  course(): CallEvent[] {
    const media = { packetsReceived: 10, packetsSent: 11, packetsLost: 1, jitterMilliseconds: 0.5, codec: 'PCMA' }
    return [
      this.event({ type: 'leg.dialled', leg: 'first', recovery: fakeRecovery({ tag: 'a' }) }),
      this.event({ type: 'leg.ringing', leg: 'first' }),
      this.event({ type: 'leg.answered', leg: 'first', recovery: fakeRecovery({ tag: 'b' }) }),
      this.event({ type: 'leg.dialled', leg: 'second', recovery: fakeRecovery({ tag: 'c' }), trunk: 'beta' }),
      this.event({ type: 'leg.answered', leg: 'second', recovery: fakeRecovery({ tag: 'd' }), attempt }),
      this.event({ type: 'call.bridged' }),
      this.event({ type: 'call.ending', cause: 'completed', endedBy: 'second' }),
      this.event({ type: 'leg.ended', leg: 'second', cause: 'completed', media }),
      this.event({ type: 'leg.ended', leg: 'first', cause: 'completed' }),
      this.end(),
    ]
  }

  end(): CallEvent {
    return this.event({ type: 'call.ended', cause: 'completed', endedBy: 'second' })
  }
}

const attempt = { at: 2, trunk: 'beta', to: 'sip:1@b.example', sipStatus: 200 } as const

const byContext = { kind: 'line', number: '102', via: { context: 'welcome' } } as const

const withoutSequence = ({ sequence: _sequence, ...event }: LoggedCallEvent): CallEvent => event as CallEvent
const withoutRecovery = (event: LoggedCallEvent): object =>
  Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'recovery'))
const key = (name: string, fingerprint = 'body', account = 'acme'): IdempotencyKey => ({
  account,
  key: name,
  fingerprint,
})
const rejectsInvalid = (promise: Promise<unknown>) => assert.rejects(promise, { code: 'invalid-write' })

/** What every store has to keep, on whatever database. `prepare` makes an empty one, and gives the way for a node to open it. */
export function callStoreSuite(database: string, prepare: () => (node: number) => Promise<Store>): void {
  const open = () => prepare()(1)
  describe(`calls on ${database}`, () => {
    let store: Store
    let calls: CallStore
    before(async () => {
      store = await open()
      calls = store.calls
    })
    after(() => store.close())

    const live = async (request: Partial<CallRequest> = {}, acceptedAt?: number) => {
      const story = new Story(request, acceptedAt)
      assert.equal((await calls.accept(story.acceptance)).outcome, 'accepted')
      return story
    }
    const ended = async (request: Partial<CallRequest> = {}, acceptedAt?: number) => {
      const story = await live(request, acceptedAt)
      await calls.append(story.course())
      return story
    }

    test('an accepted call is found as accepted', async () => {
      const story = await live()
      assert.deepEqual(await calls.call(story.id), projectCall(story.acceptance))
      assert.equal(await calls.call('no-such-call'), undefined)
    })

    test('a scheduled call knows when it is due', async () => {
      const story = new Story({ delaySeconds: 60 }, ++at, 99)
      const result = await calls.accept(story.acceptance)
      assert.equal(result.outcome === 'accepted' && result.events.length, 2)
      const call = await calls.call(story.id)
      assert.equal(call?.state, 'scheduled')
      assert.equal(call?.dueAt, 99)
    })

    test('after every event the call is the projection of its events, and so is its CDR', async () => {
      const story = await live({ externalId: 'crm-1' })
      const events = [...story.acceptance]
      for (const event of story.course()) {
        await calls.append([event])
        events.push(event)
        assert.deepEqual(await calls.call(story.id), projectCall(events), `after ${event.type}`)
      }
    })

    test('any beginning of the course, ended at any moment, has the CDR that its events tell', async () => {
      await fc.assert(
        fc.asyncProperty(fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8]), async (kept) => {
          const story = await live()
          const course = story.course()
          const events = [...kept.map((index) => course[index] as CallEvent), story.end()]
          await calls.append(events)
          assert.deepEqual(await calls.call(story.id), projectCall([...story.acceptance, ...events]))
        }),
        { numRuns: 30 },
      )
    })

    test('who was asked for, who answered, who was let go: every destination comes back as it was', async () => {
      const story = await live()
      const events: CallEvent[] = [...story.acceptance]
      for (const detail of [
        { type: 'leg.forwarded', leg: 'first', destination: { kind: 'context', name: '{"line":"1"}' } },
        { type: 'leg.answered', leg: 'first', recovery: fakeRecovery('a'), destination: byContext },
        { type: 'leg.answered', leg: 'second', recovery: fakeRecovery('b') },
        { type: 'call.redirected', leg: 'second', destination: { kind: 'feature-code', code: '*60' } },
        { type: 'leg.ended', leg: 'second', cause: 'completed' },
        { type: 'leg.dialled', leg: 'second', recovery: fakeRecovery('c') },
        { type: 'call.redirected', leg: 'first', destination: { kind: 'queue', name: 'support (day)' } },
        { type: 'leg.ended', leg: 'first', cause: 'completed' },
        { type: 'leg.dialled', leg: 'first', recovery: fakeRecovery('d') },
        { type: 'call.ended', cause: 'cancelled' },
      ] satisfies readonly CallEventDetail[]) {
        const event = story.event(detail)
        const logged = await calls.append([event])
        events.push(event)
        if (event.type !== 'call.ended') assert.deepEqual((await calls.events(story.id)).at(-1), logged[0])
        assert.deepEqual(await calls.call(story.id), projectCall(events), `after ${event.type}`)
      }
      const { first, second } = (await calls.call(story.id))?.legs ?? assert.fail()
      assert.deepEqual(first.released, [byContext])
      assert.deepEqual(second.released, [{ kind: 'number', number: '+61412345678' }])
    })

    test('events come back whole, in their order, numbered upwards', async () => {
      const story = new Story()
      const accepted = await calls.accept(story.acceptance)
      const appended = await calls.append(story.course().slice(0, -1))
      const whole = [...(accepted.outcome === 'accepted' ? accepted.events : []), ...appended]
      assert.deepEqual(await calls.events(story.id), whole)
      const end = await calls.append([story.end()])
      const logged = await calls.events(story.id)
      assert.deepEqual(logged, [...whole, ...end].map(withoutRecovery), 'what ends a leg is gone with the call')
      assert.deepEqual(logged.map(withoutSequence).slice(0, 1), story.acceptance)
      for (const [index, event] of logged.entries()) {
        if (index > 0) assert.ok(event.sequence > (logged[index - 1]?.sequence ?? 0))
      }
      assert.deepEqual(await calls.events('no-such-call'), [])
    })

    test('an event of a call that was never accepted, or has ended, is refused and leaves nothing', async () => {
      const stranger = new Story()
      await rejectsInvalid(calls.append([stranger.end()]))
      assert.deepEqual(await calls.events(stranger.id), [])
      const story = await ended()
      await rejectsInvalid(calls.append([story.end()]))
      await rejectsInvalid(calls.append([story.event({ type: 'leg.ringing', leg: 'first' })]))
      assert.equal((await calls.events(story.id)).length, 11)
    })

    test('an append is whole or not at all, and a refused one undoes no other', async () => {
      const [good, bad, stranger] = [await live(), await live(), new Story()]
      const results = await Promise.allSettled([
        calls.append([good.event({ type: 'leg.ringing', leg: 'first' })]),
        calls.append([bad.event({ type: 'leg.ringing', leg: 'first' }), stranger.end()]),
        calls.append([good.event({ type: 'leg.ringing', leg: 'second' })]),
      ])
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.equal((await calls.events(good.id)).length, 3)
      assert.equal((await calls.events(bad.id)).length, 1)
    })

    test('what is no acceptance of one call is refused', async () => {
      await rejectsInvalid(calls.accept([]))
      await rejectsInvalid(calls.accept([new Story().end()]))
      await rejectsInvalid(calls.accept([...new Story().acceptance, new Story().end()]))
      const story = await live()
      await rejectsInvalid(calls.accept(story.acceptance))
    })

    test('the same idempotency key and body: the call of before; another body: refused; another account: its own', async () => {
      const [first, again, other] = [new Story(), new Story(), new Story({ account: 'other' })]
      assert.equal((await calls.accept(first.acceptance, key('k1'))).outcome, 'accepted')
      assert.deepEqual(await calls.accept(again.acceptance, key('k1')), { outcome: 'replayed', callId: first.id })
      assert.deepEqual(await calls.accept(again.acceptance, key('k1', 'new body')), { outcome: 'key-reused' })
      assert.equal((await calls.accept(other.acceptance, key('k1', 'body', 'other'))).outcome, 'accepted')
      assert.equal(await calls.call(again.id), undefined)
    })

    test('a key is free again after 24 hours', async () => {
      const begin = at
      const first = new Story({}, begin)
      await calls.accept(first.acceptance, key('k2'))
      const nearly = new Story({}, begin + day - 1)
      assert.equal((await calls.accept(nearly.acceptance, key('k2'))).outcome, 'replayed')
      const later = new Story({}, begin + day)
      assert.equal((await calls.accept(later.acceptance, key('k2', 'new body'))).outcome, 'accepted')
      const replay = new Story({}, begin + day + 1)
      assert.deepEqual(await calls.accept(replay.acceptance, key('k2', 'new body')), {
        outcome: 'replayed',
        callId: later.id,
      })
    })

    test('a refused request keeps its key unused', async () => {
      await live({ externalId: 'taken' })
      const refused = new Story({ externalId: 'taken' })
      assert.equal((await calls.accept(refused.acceptance, key('k3'))).outcome, 'external-id-in-use')
      const accepted = new Story()
      assert.equal((await calls.accept(accepted.acceptance, key('k3', 'other'))).outcome, 'accepted')
    })

    test('an external id is unique in its account while the call lives', async () => {
      const first = await live({ externalId: 'x1' })
      const second = new Story({ externalId: 'x1' })
      assert.deepEqual(await calls.accept(second.acceptance), { outcome: 'external-id-in-use', callId: first.id })
      await live({ externalId: 'x1', account: 'other' })
      await calls.append([first.end()])
      assert.equal((await calls.accept(second.acceptance)).outcome, 'accepted')
    })

    test('of many requests at once with one key, or one external id, exactly one makes a call', async () => {
      const keyed = await Promise.all(
        Array.from({ length: 50 }, () => calls.accept(new Story().acceptance, key('storm'))),
      )
      assert.equal(keyed.filter(({ outcome }) => outcome === 'accepted').length, 1)
      assert.equal(keyed.filter(({ outcome }) => outcome === 'replayed').length, 49)
      const named = await Promise.all(
        Array.from({ length: 50 }, () => calls.accept(new Story({ externalId: 'storm' }).acceptance)),
      )
      assert.equal(named.filter(({ outcome }) => outcome === 'accepted').length, 1)
      assert.equal(named.filter(({ outcome }) => outcome === 'external-id-in-use').length, 49)
    })

    test('calls that are up at once keep their own events', async () => {
      const stories = await Promise.all(Array.from({ length: 40 }, () => live({ account: 'crowd' })))
      await Promise.all(
        stories.map(async (story) => {
          for (const event of story.course()) await calls.append([event])
        }),
      )
      for (const story of stories) {
        const events = await calls.events(story.id)
        assert.equal(events.length, 11)
        assert.deepEqual(await calls.call(story.id), projectCall(events))
      }
    })

    test('what is asked for without waiting is done in the order of asking', async () => {
      const story = new Story()
      const done: string[] = []
      await Promise.all([
        calls.accept(story.acceptance).then(() => done.push('accept')),
        ...story.course().map((event) => calls.append([event]).then(() => done.push(event.type))),
        calls.call(story.id).then((call) => done.push(`read ${call?.state}`)),
      ])
      assert.deepEqual(done, ['accept', ...story.course().map(({ type }) => type), 'read ended'])
    })

    test('pages: newest first, each call once, while new ones arrive', async () => {
      const account = 'pages'
      const stories: Story[] = []
      for (let index = 0; index < 25; index++)
        stories.push(index % 2 === 0 ? await live({ account }) : await ended({ account }))
      const seen: string[] = []
      let cursor: string | undefined
      let pages = 0
      do {
        const page = await calls.calls({ accounts: [account], limit: 10, ...(cursor === undefined ? {} : { cursor }) })
        seen.push(...page.calls.map(({ id }) => id))
        cursor = page.cursor
        pages++
        await live({ account })
      } while (cursor !== undefined)
      assert.equal(pages, 3)
      assert.deepEqual(seen, stories.map(({ id }) => id).toReversed())
    })

    test('a page over several accounts, few or many, is in one order and holds no others', async () => {
      const stories: Story[] = []
      for (let index = 0; index < 30; index++) stories.push(await live({ account: `tree-${index % 3}` }))
      await live({ account: 'tree-outside' })
      const expected = stories.map(({ id }) => id).toReversed()
      const few = ['tree-0', 'tree-1', 'tree-2', 'tree-1']
      const many = [...few, ...Array.from({ length: 100 }, (_, index) => `no-calls-${index}`)]
      for (const accounts of [few, many]) {
        const first = await calls.calls({ accounts, limit: 20 })
        const second = await calls.calls({ accounts, limit: 20, cursor: first.cursor ?? '' })
        assert.deepEqual(
          [...first.calls, ...second.calls].map(({ id }) => id),
          expected,
        )
        assert.equal(second.cursor, undefined)
      }
      assert.deepEqual(await calls.calls({ accounts: [], limit: 20 }), { calls: [] })
    })

    test('of many accounts among a crowd of others every call is found, each once, by pages that end', async () => {
      const store = await prepare()(1)
      const hour = Date.UTC(2026, 5, 1)
      const rare = (at: number) => new Story({ account: `rare-${at % 3}` }, at)
      const own = [rare(hour), rare(hour + 3000), rare(hour + 6000), rare(hour + 6001)]
      const crowd = Array.from({ length: 6000 }, (_, index) => new Story({ account: 'crowd' }, hour + 10 + index))
      await Promise.all([...own, ...crowd].map(({ acceptance }) => store.calls.accept(acceptance)))
      await store.calls.append(own.map((story) => story.end()))
      const accounts = Array.from({ length: 100 }, (_, index) => `rare-${index}`)
      const list = async (filter: object) => {
        const pages: (readonly string[])[] = []
        let cursor: string | undefined
        do {
          const page = await store.calls.calls({
            accounts,
            limit: 3,
            ...filter,
            ...(cursor === undefined ? {} : { cursor }),
          })
          pages.push(page.calls.map(({ id }) => id))
          cursor = page.cursor
        } while (cursor !== undefined && pages.length < 100)
        return pages
      }
      const [first, second, third, fourth] = own.map(({ id }) => id)
      assert.deepEqual(await list({}), [[fourth, third, second], [first]])
      assert.deepEqual(await list({ state: 'ended', limit: 10 }), [[fourth, third, second], [first]])
      assert.deepEqual(await list({ from: hour + 1, until: hour + 6001 }), [[third, second], []])
      assert.deepEqual(await list({ state: 'live' }), [[]])
      await store.close()
    })

    test('filters: state, external id, period', async () => {
      const account = 'filters'
      const begin = ++at
      const one = await ended({ account, externalId: 'f' }, begin)
      const two = await live({ account, externalId: 'f' }, begin + 1)
      const three = await live({ account }, begin + 2)
      const ids = async (filter: object) =>
        (await calls.calls({ accounts: [account], limit: 10, ...filter })).calls.map(({ id }) => id)
      assert.deepEqual(await ids({}), [three.id, two.id, one.id])
      assert.deepEqual(await ids({ state: 'live' }), [three.id, two.id])
      assert.deepEqual(await ids({ state: 'ended' }), [one.id])
      assert.deepEqual(await ids({ externalId: 'f' }), [two.id, one.id])
      assert.deepEqual(await ids({ externalId: 'f', state: 'live' }), [two.id])
      assert.deepEqual(await ids({ from: begin + 1, until: begin + 2 }), [two.id])
    })

    test('a limit out of range is brought into it', async () => {
      await live({ account: 'limits' })
      for (const limit of [0, -5, Number.NaN, 0.5, 1e9]) {
        assert.equal((await calls.calls({ accounts: ['limits'], limit })).calls.length, 1)
      }
    })

    test('what a client wrote is data: quotes, NUL, statements, megabytes', async () => {
      const hostile = `'); drop table calls; --\u0000"\r\n`
      const story = new Story({
        account: hostile,
        externalId: hostile,
        variables: { big: 'x'.repeat(1_000_000), [hostile]: hostile },
      })
      assert.equal((await calls.accept(story.acceptance, key(hostile, hostile, hostile))).outcome, 'accepted')
      assert.deepEqual(await calls.call(story.id), projectCall(story.acceptance))
      assert.equal((await calls.calls({ accounts: [hostile], externalId: hostile, limit: 1 })).calls.length, 1)
    })
  })

  describe(`unfinished calls on ${database}`, () => {
    test('a node that starts finds its own calls and delays alone; every node reads them all', async () => {
      const openNode = prepare()
      const accepted = async (node: number, external: string, dueAt?: number) => {
        const store = await openNode(node)
        const story = new Story({ externalId: external }, ++at, dueAt)
        await store.calls.accept(story.acceptance)
        await store.close()
        return story
      }
      const [ringing, delayed] = [await accepted(1, 'ringing'), await accepted(1, 'delayed', at + day)]
      const others = [await accepted(2, 'of two'), await accepted(12, 'of twelve')]
      const [two, twelve] = others
      const store = await openNode(2)
      assert.deepEqual(
        (await store.calls.unfinished()).map(({ call }) => call.id),
        [two?.id],
      )
      assert.deepEqual(await store.calls.liveElsewhere(), [
        { node: 1, calls: 2 },
        { node: 12, calls: 1 },
      ])
      const everyone = [ringing, delayed, ...others].map(({ id }) => id).toReversed()
      const shown = await store.calls.calls({ accounts: ['acme'], state: 'live', limit: 10 })
      assert.deepEqual(
        shown.calls.map(({ id }) => id),
        everyone,
      )
      assert.equal((await store.calls.call(delayed.id))?.state, 'scheduled')
      assert.equal((await store.calls.events(ringing.id)).length, 1)
      // One external id, one live call, whichever node runs it.
      const copy = new Story({ externalId: 'of twelve' })
      assert.deepEqual(await store.calls.accept(copy.acceptance), { outcome: 'external-id-in-use', callId: twelve?.id })
      await rejectsInvalid(store.calls.append([ringing.end()]))
      assert.equal((await store.calls.call(ringing.id))?.state, 'accepted')
      await store.calls.append([(two ?? assert.fail()).end()])
      assert.deepEqual(await store.calls.unfinished(), [])
      await store.close()
      const first = await openNode(1)
      assert.deepEqual(
        (await first.calls.unfinished()).map(({ call }) => call.id),
        [ringing.id, delayed.id],
      )
      await first.close()
    })

    test('every call without an end, with what it takes to end each leg that may be up', async () => {
      const store = await open()
      const scheduled = new Story({ delaySeconds: 60 }, ++at, at + 60_000)
      const ringing = new Story()
      const halfway = new Story()
      const ended = new Story()
      for (const story of [scheduled, ringing, halfway, ended]) await store.calls.accept(story.acceptance)
      await store.calls.append([
        ringing.event({ type: 'leg.dialled', leg: 'first', recovery: fakeRecovery('trunk 1') }),
        ringing.event({ type: 'leg.dialled', leg: 'first', recovery: fakeRecovery('trunk 2') }),
      ])
      const course = halfway.course()
      await store.calls.append([...course.slice(0, 7), course[8] as CallEvent])
      await store.calls.append(ended.course())

      const unfinished = await store.calls.unfinished()
      assert.deepEqual(
        unfinished.map(({ call, recoveries }) => [call.id, call.state, recoveries]),
        [
          [scheduled.id, 'scheduled', []],
          [
            ringing.id,
            'first-ringing',
            [
              { leg: 'first', recovery: fakeRecovery('trunk 1'), answered: false },
              { leg: 'first', recovery: fakeRecovery('trunk 2'), answered: false },
            ],
          ],
          [halfway.id, 'ending', [{ leg: 'second', recovery: fakeRecovery({ tag: 'd' }), answered: true }]],
        ],
      )
      await store.close()
    })
  })

  describe(`registrations and directory on ${database}`, () => {
    test('registrations: put, replaced, removed, expired', async () => {
      const store = await open()
      const put = (name: string, expiresAt: number, binding: unknown = {}) =>
        ({ type: 'put', registration: { key: name, aor: 'acme/101', expiresAt, binding } }) as const
      await store.registrations.apply([put('a', 100), put('b', 100), put('c', 50), put('d', 100)])
      await store.registrations.apply([
        put('a', 200, { contactUri: 'sip:101@192.0.2.1' }),
        { type: 'remove', key: 'b' },
      ])
      await store.registrations.apply([{ type: 'remove', key: 'd' }, put('d', 300)])
      const expected = [
        { key: 'a', aor: 'acme/101', expiresAt: 200, binding: { contactUri: 'sip:101@192.0.2.1' } },
        { key: 'd', aor: 'acme/101', expiresAt: 300, binding: {} },
      ]
      assert.deepEqual(await store.registrations.load(50), expected)
      await store.close()
    })

    test('directory: put, replaced, removed in one write', async () => {
      const store = await open()
      await store.directory.write({
        put: [
          { kind: 'line', key: 'acme/101', data: { name: 'Alice' } },
          { kind: 'line', key: 'acme/102', data: {} },
        ],
        remove: [],
      })
      await store.directory.write({
        put: [{ kind: 'line', key: 'acme/101', data: { name: 'Alicia' } }],
        remove: [{ kind: 'line', key: 'acme/102' }],
      })
      assert.deepEqual(await store.directory.load(), [{ kind: 'line', key: 'acme/101', data: { name: 'Alicia' } }])
      await store.close()
    })

    test('a closed store says so', async () => {
      const store = await open()
      const written = store.calls.accept(new Story().acceptance)
      await Promise.all([store.close(), store.close()])
      assert.equal((await written).outcome, 'accepted')
      await assert.rejects(store.calls.unfinished(), { code: 'closed' })
    })
  })
}
