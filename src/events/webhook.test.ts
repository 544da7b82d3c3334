import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { CallEvent, LoggedCallEvent } from '../call/call-event.ts'
import type { CallRequest } from '../call/call-request.ts'
import { silentLog } from '../log.ts'
import type { CallStore } from '../store/call-store.ts'
import type { AccountEvent, SubscriberStore } from '../store/store.ts'
import { CallLog } from './call-log.ts'
import type { PostWebhook, RenderWebhook, WebhookTarget } from './webhook.ts'
import { Webhooks } from './webhooks.ts'

/** A log in memory that outlives its readers. */
class MemoryLog implements SubscriberStore {
  readonly events: AccountEvent[] = []
  readonly places = new Map<string, number>()
  #accounts = new Map<string, string>()

  async append(events: readonly CallEvent[]): Promise<readonly LoggedCallEvent[]> {
    return events.map((event) => {
      if (event.type === 'call.accepted') this.#accounts.set(event.callId, event.request.account)
      const logged = { ...event, sequence: this.events.length + 1 }
      this.events.push({ account: this.#accounts.get(event.callId) ?? '', event: logged })
      return logged
    })
  }
  async open(name: string) {
    const place = this.places.get(name) ?? this.events.length
    this.places.set(name, place)
    return place
  }
  async advance(name: string, sequence: number) {
    this.places.set(name, sequence)
  }
  async retain(names: readonly string[]) {
    for (const name of this.places.keys()) if (!names.includes(name)) this.places.delete(name)
  }
  async eventsAfter(sequence: number, limit: number) {
    return this.events.slice(sequence, sequence + limit)
  }
}

const accepted = (callId: string, account = 'acme'): CallEvent => ({
  type: 'call.accepted',
  callId,
  at: Date.UTC(2026, 0, 1),
  request: { account } as CallRequest,
  destinations: { first: { kind: 'line', number: '101' }, second: { kind: 'line', number: '102' } },
})
const ended = (callId: string): CallEvent => ({
  type: 'call.ended',
  callId,
  at: Date.UTC(2026, 0, 1),
  cause: 'completed',
})

const render: RenderWebhook = (event, call) =>
  event.type === 'call.scheduled'
    ? undefined
    : { contentType: 'text/plain', body: `${call.id} ${event.type} ${call.state}` }

const target = (url = 'http://127.0.0.1/a', account = 'acme'): WebhookTarget => ({ account, url, render })

function prepare(log = new MemoryLog()) {
  const clock = new VirtualClock()
  const posts: string[] = []
  /** What the address answers from now on. */
  const answers: (number | Error | 'nothing')[] = []
  const post: PostWebhook = (url, { body }, signal) => {
    posts.push(`${url.at(-1)}: ${body}`)
    const answer = answers.shift() ?? 200
    if (answer instanceof Error) return Promise.reject(answer)
    if (answer === 'nothing') {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    }
    return Promise.resolve(answer)
  }
  const store = {
    append: (events: readonly CallEvent[]) => log.append(events),
    events: async (id: string) => log.events.map(({ event }) => event).filter(({ callId }) => callId === id),
  } as unknown as CallStore
  const callLog = new CallLog(store)
  const context = { subscribers: log, calls: store, clock, log: silentLog, post }
  const webhooks = new Webhooks(context, callLog)
  return { log, clock, posts, answers, callLog, webhooks }
}

describe('webhooks', () => {
  test('every event of the account, in order, with the call as it was then', async () => {
    const { webhooks, callLog, posts, clock } = prepare()
    await webhooks.replace([target()])
    await callLog.append([accepted('c1'), accepted('c2', 'other'), ended('c1'), ended('c2')])
    await clock.advance(0)
    assert.deepEqual(posts, ['a: c1 call.accepted accepted', 'a: c1 call.ended ended'])
  })

  test('what failed is repeated, later and later, and holds back what follows', async () => {
    const { webhooks, callLog, posts, clock, answers } = prepare()
    await webhooks.replace([target()])
    answers.push(500, new Error('refused'), 302)
    await callLog.append([accepted('c1'), ended('c1')])
    await clock.advance(999)
    assert.equal(posts.length, 1)
    await clock.advance(1)
    assert.equal(posts.length, 2)
    await clock.advance(2000)
    assert.equal(posts.length, 3)
    await clock.advance(3999)
    assert.equal(posts.length, 3)
    await clock.advance(1)
    assert.deepEqual(posts.slice(3), ['a: c1 call.accepted accepted', 'a: c1 call.ended ended'])
  })

  test('an address that never answers is given up after 10 seconds, and asked again', async () => {
    const { webhooks, callLog, posts, clock, answers } = prepare()
    await webhooks.replace([target()])
    answers.push('nothing')
    await callLog.append([accepted('c1')])
    await clock.advance(11_000)
    assert.equal(posts.length, 2)
  })

  test('after a day an event is given up and the next ones are heard', async () => {
    const { webhooks, callLog, posts, clock, answers } = prepare()
    await webhooks.replace([target()])
    answers.push(...Array.from({ length: 301 }, () => 500))
    await callLog.append([accepted('c1'), ended('c1')])
    await clock.advance(25 * 3600 * 1000)
    assert.equal(posts.at(-1), 'a: c1 call.ended ended')
    assert.equal(clock.pending, 0)
  })

  test('across a restart nothing is lost, and nothing told before is told again', async () => {
    const before = prepare()
    await before.webhooks.replace([target()])
    await before.callLog.append([accepted('c1')])
    await before.clock.advance(0)
    before.answers.push(500)
    await before.callLog.append([ended('c1')])
    await before.clock.advance(0)
    await before.webhooks.stop()
    assert.equal(before.clock.pending, 0)
    const after = prepare(before.log)
    await after.webhooks.replace([target()])
    await after.clock.advance(0)
    assert.deepEqual(after.posts, ['a: c1 call.ended ended'])
  })

  test('one slow address does not hold back another; one that is taken away hears nothing more', async () => {
    const { webhooks, callLog, posts, clock, answers } = prepare()
    await webhooks.replace([target(), target('http://127.0.0.1/b')])
    answers.push('nothing')
    await callLog.append([accepted('c1')])
    await clock.advance(0)
    assert.deepEqual(posts.toSorted(), ['a: c1 call.accepted accepted', 'b: c1 call.accepted accepted'])
    await webhooks.replace([target('http://127.0.0.1/b')])
    await callLog.append([ended('c1')])
    await clock.advance(60_000)
    assert.deepEqual(posts.slice(2), ['b: c1 call.ended ended'])
    await webhooks.replace([])
    assert.equal(callLog.listenerCount, 0)
  })

  test('an address that is taken away and comes back is a new one', async () => {
    const { webhooks, callLog, posts, clock } = prepare()
    await webhooks.replace([target()])
    await webhooks.replace([])
    await callLog.append([accepted('c1')])
    await webhooks.replace([target()])
    await callLog.append([ended('c1')])
    await clock.advance(0)
    assert.deepEqual(posts, ['a: c1 call.ended ended'])
  })

  test('one that was taken away while the server was down is a new one, too', async () => {
    const before = prepare()
    await before.webhooks.replace([target()])
    await before.webhooks.stop()
    await prepare(before.log).webhooks.replace([])
    await before.log.append([accepted('c1')])
    const after = prepare(before.log)
    await after.webhooks.replace([target()])
    await after.clock.advance(0)
    assert.deepEqual(after.posts, [])
  })

  test('an address that is to be told in other words hears them from the next event on', async () => {
    const { webhooks, callLog, posts, clock } = prepare()
    await webhooks.replace([target()])
    await callLog.append([accepted('c1')])
    await clock.advance(0)
    await webhooks.replace([{ ...target(), render: () => ({ contentType: 'text/plain', body: 'in other words' }) }])
    await callLog.append([ended('c1')])
    await clock.advance(0)
    assert.deepEqual(posts, ['a: c1 call.accepted accepted', 'a: in other words'])
  })

  test('a new address hears what happens from now on', async () => {
    const { webhooks, callLog, posts, clock } = prepare()
    await callLog.append([accepted('c1')])
    await webhooks.replace([target()])
    await callLog.append([ended('c1')])
    await clock.advance(0)
    assert.deepEqual(posts, ['a: c1 call.ended ended'])
  })
})
