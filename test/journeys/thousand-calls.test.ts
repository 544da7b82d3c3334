import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningServer } from '../../src/main.ts'
import { heapUsed } from '../support/heap-used.ts'
import { LoopbackPhones, type PhoneBehaviour } from '../support/loopback-phones.ts'
import { sipPort, startTestServer, testKey } from '../support/test-server.ts'

const atOnce = 20
/** RFC 3261 remembers a transaction for 64·T1 = 32 s after its end, so that late copies of its messages find it. */
const settleMilliseconds = 38_000
/**
 * 5 KiB for each of the last 500 calls. They leave nothing (3,000 in a row leave what 500 do), but compiled code comes and goes on
 * the same heap, a megabyte or two of it; the events of one call, if they were kept, would be 7 KiB.
 */
const heapTolerance = 500 * 5 * 1024

type Ending = 'completed' | 'busy' | 'rejected' | 'hung up when first-answered' | 'hung up when bridged'

/** What the last digit makes of a call: what its second party does, and how far it goes before it is hung up by request. */
const kinds: readonly { readonly ending: Ending; readonly second: PhoneBehaviour; readonly waitFor?: string }[] = [
  { ending: 'busy', second: { reject: 486 } },
  { ending: 'rejected', second: { reject: 603 } },
  { ending: 'hung up when first-answered', second: {}, waitFor: 'answered' },
  { ending: 'hung up when bridged', second: { answerAfter: 5 }, waitFor: 'bridged' },
  ...Array.from({ length: 6 }, () => ({ ending: 'completed', second: { answerAfter: 0, hangUpAfter: 5 } }) as const),
]
const kindOf = (digits: string) => kinds[Number(digits.at(-1))] ?? assert.fail(digits)

test('a thousand calls in a row leave no socket, port, timer, transaction or memory behind', async (t) => {
  const phones = await LoopbackPhones.open()
  t.after(() => phones.close())
  phones.isForgetful = true
  phones.behaviour = (number) => (number.startsWith('+447401') ? kindOf(number).second : { answerAfter: 0 })
  const more = `
limits: { requestsPerSecond: 100000, burst: 100000 }
trunks: [ { name: carrier, address: "sip:127.0.0.1:${phones.port}" } ]
`
  const server = await startTestServer(t, more)
  await phones.register('101', 's3cret-101', sipPort(server))
  const endings = new Map<Ending, number>()

  const placeOne = async (index: number): Promise<void> => {
    // The second half dials the numbers of the first: how numbers are read is remembered, up to a bound.
    const digits = String(index % 500).padStart(6, '0')
    const { ending, waitFor } = kindOf(digits)
    const number = `+447400${digits}`
    const first = index % 3 === 0 ? { number } : { line: '101', callerId: { number } }
    const wait = { for: waitFor ?? 'ended', seconds: 20 }
    const { status, body } = await request(server, 'POST', '/v1/calls', {
      first,
      second: { number: `+447401${digits}` },
      wait,
    })
    assert.equal(status, 201)
    if (waitFor !== undefined) await request(server, 'DELETE', `/v1/calls/${body.id}`)
    assert.equal(waitFor === undefined ? body.end?.cause : `hung up when ${body.state}`, ending)
    endings.set(ending, (endings.get(ending) ?? 0) + 1)
  }
  const place = async (from: number, count: number): Promise<void> => {
    let next = from
    const oneAfterTheOther = async () => {
      while (next < from + count) await placeOne(next++)
    }
    await Promise.all(Array.from({ length: atOnce }, oneAfterTheOther))
  }

  const before = openResources(server)
  await place(0, 500)
  await settle(server)
  const heapHalfway = await heapUsed()
  await place(500, 500)
  await settle(server)
  const heapGrowth = (await heapUsed(heapHalfway + heapTolerance)) - heapHalfway
  const { timers, ...after } = openResources(server)

  t.diagnostic(`${JSON.stringify(Object.fromEntries(endings))}; the heap grew by ${heapGrowth} bytes over the last 500`)
  assert.deepEqual(Object.fromEntries(endings), {
    busy: 100,
    rejected: 100,
    'hung up when first-answered': 100,
    'hung up when bridged': 100,
    completed: 600,
  })
  assert.equal(phones.up.length, 0)
  const { timers: timersBefore, ...rest } = before
  assert.deepEqual(after, rest)
  assert.ok(timers <= timersBefore, `${timers} timers, ${timersBefore} before`)
  assert.ok(heapGrowth < heapTolerance, `the heap grew by ${heapGrowth} bytes over 500 calls`)
})

/** Waits until nothing is held any more; fails with what is. */
async function settle(server: RunningServer): Promise<void> {
  const held = () => {
    const { media, registrations, listeners, ...counts } = server.counts()
    const { endpoints, ports, sockets, restarts } = media
    return Object.entries({ ...counts, endpoints, ports, sockets, restarts }).filter(([, count]) => count !== 0)
  }
  for (const until = Date.now() + settleMilliseconds; held().length > 0 && Date.now() < until; ) await sleep(50)
  assert.deepEqual(held(), [])
  // The listener is that of the metrics; the phones' own transactions end in the same moment.
  assert.equal(server.counts().listeners, 1)
  await sleep(500)
}

/** What the kernel and the event loop hold for this process: server, phones and client together. */
function openResources(server: RunningServer) {
  const { Timeout: timers = [], ...others } = Object.groupBy(process.getActiveResourcesInfo(), (name) => name)
  const resources = Object.fromEntries(Object.entries(others).map(([name, list]) => [name, list?.length]))
  // Ports for media stay bound between calls, up to a bound, and are counted as such.
  const files = readdirSync('/proc/self/fd').length - server.counts().media.idleSockets
  return { files, resources, timers: timers.length }
}

/** Each on a connection of its own, so that none stays open. */
async function request(server: RunningServer, method: string, path: string, body?: object) {
  const response = await fetch(new URL(path, server.url), {
    method,
    headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json', connection: 'close' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  return { status: response.status, body: (await response.json()) as any }
}
