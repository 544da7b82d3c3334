import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { claimPortRange } from '../support/claim-ports.ts'
import { findCrashFaults } from '../support/crash-faults.ts'
import { freePort, freeUdpPort } from '../support/free-port.ts'
import { LoopbackPhones, type PhoneBehaviour, type PhoneCall } from '../support/loopback-phones.ts'
import { PersistentClient, type WantedCall } from '../support/persistent-client.ts'
import { readCallLog } from '../support/read-call-log.ts'
import { runSeed } from '../support/run-seed.ts'
import { createSeededRandom } from '../support/seeded-random.ts'
import { ServerProcess } from '../support/server-process.ts'

/** A number that no other leg of the run has: an INVITE to it is that leg's. */
const numberOf = (call: number, leg: 'first' | 'second'): string =>
  `+447400${String(call * 2 + (leg === 'first' ? 0 : 1)).padStart(6, '0')}`

/** A real server that is killed again and again, its phones, its client, and chance. */
async function setUp(t: { after(cleanUp: () => Promise<void>): void }) {
  const phones = await LoopbackPhones.open()
  const more = `
limits: { requestsPerSecond: 100000, burst: 100000 }
trunks: [ { name: carrier, address: "sip:127.0.0.1:${phones.port}" } ]
`
  const server = new ServerProcess(await freePort(), await freeUdpPort(), await claimPortRange(800), more)
  const client = new PersistentClient(server.url)
  const random = createSeededRandom(runSeed)
  const chance = (probability: number): boolean => random.fraction() < probability
  const between = (least: number, most: number): number => Math.round(least + random.fraction() * (most - least))
  t.after(async () => {
    client.stop()
    await phones.close()
    await server.remove()
  })
  await server.start()
  return { phones, server, client, chance, between }
}

test(`kill -9 thirty times in a load of calls: each ends once, nobody is dialled twice, phones are soon let go`, async (t) => {
  const { phones, server, client, chance, between } = await setUp(t)
  for (const line of ['101', '102']) await phones.register(line, `s3cret-${line}`, server.sipPort)
  const behaviours = new Map<string, PhoneBehaviour>()
  phones.behaviour = (number) => behaviours.get(number) ?? {}
  const wantedCalls: WantedCall[] = []
  const endings: Promise<unknown>[] = []
  const tally = { ringing: 0, talking: 0, slowestGoodbye: 0, slowestStart: 0 }

  const behaviour = (): PhoneBehaviour => {
    if (chance(0.1)) return { reject: chance(0.5) ? 486 : 503 }
    if (chance(0.2)) return {}
    const answerAfter = chance(0.3) ? 0 : between(0, 400)
    return chance(0.5) ? { answerAfter } : { answerAfter, hangUpAfter: between(0, 1500) }
  }

  /** A leg by line or by trunk; either way its number tells whose it is. */
  const leg = (call: number, name: 'first' | 'second') => {
    const number = numberOf(call, name)
    behaviours.set(number, behaviour())
    const target = chance(0.3) ? { line: chance(0.5) ? '101' : '102', callerId: { number } } : { number }
    return { ...target, ringSeconds: between(1, 3) }
  }

  const placeSome = (count: number): void => {
    for (let more = 0; more < count; more++) {
      const index = wantedCalls.length
      const delay = chance(0.15) ? { delaySeconds: between(1, 4) } : {}
      const wanted = {
        key: `load-${index}`,
        body: { first: leg(index, 'first'), second: leg(index, 'second'), ...delay },
      }
      const startAfter = between(0, 400)
      const hangUpAfter = chance(0.25) ? between(0, 800) : undefined
      wantedCalls.push(wanted)
      endings.push(
        sleep(startAfter)
          .then(() => client.place(wanted))
          .then(async (id) => {
            if (id === undefined || hangUpAfter === undefined) return
            await sleep(hangUpAfter)
            await client.hangUp(id)
          }),
      )
    }
  }

  /** Resolves when all have been let go, with the milliseconds that the slowest took. */
  const letGo = async (calls: readonly PhoneCall[], since: number): Promise<number> => {
    while (calls.some(({ state }) => state !== 'over') && Date.now() - since < 4000) await sleep(5)
    const stuck = calls.filter(({ state }) => state !== 'over').map(({ number, state }) => `${number} ${state}`)
    assert.deepEqual(stuck, [], 'phones in a dead call')
    return Math.max(0, ...calls.map(({ overAt = 0 }) => overAt - since))
  }

  for (let kill = 1; kill <= 30; kill++) {
    placeSome(20)
    await sleep(between(20, 700))
    await server.kill('SIGKILL')
    // Now and then it dies again while it is starting: before it is up, or while it ends what the one before left.
    if (chance(0.25)) {
      const starting = server.start().catch(() => {})
      await sleep(between(100, 1000))
      await server.kill('SIGKILL')
      await starting
    }
    const startedAt = Date.now()
    const starting = server.start()
    // What was still on its way to the phones when the process died has arrived; the next one is not up yet.
    await sleep(100)
    const dead = phones.up
    for (const { state } of dead) if (state !== 'over') tally[state]++
    const listensAt = await waitUntilListening(server.url)
    const slowest = await letGo(dead, listensAt)
    await starting
    tally.slowestGoodbye = Math.max(tally.slowestGoodbye, slowest)
    tally.slowestStart = Math.max(tally.slowestStart, listensAt - startedAt)
    assert.ok(slowest <= 2000, `a phone was in a dead call for ${slowest} ms after restart ${kill}`)
    // Clients that lost their memory too ask again, and hear of the same call.
    for (let repeat = 0; repeat < 3; repeat++) {
      const wanted = wantedCalls[between(0, wantedCalls.length - 1)]
      if (wanted !== undefined && client.acknowledged.has(wanted.key)) endings.push(client.place(wanted))
    }
  }

  await Promise.all(endings)
  for (const wanted of wantedCalls) await client.place(wanted)
  const until = Date.now() + 15_000
  for (let live = await client.list('&state=live'); live.length > 0; live = await client.list('&state=live')) {
    assert.ok(Date.now() < until, `still live: ${JSON.stringify(live.slice(0, 3))}`)
    phones.hangUpAll()
    await sleep(50)
  }
  const listed = new Set((await client.list()).map(({ id }) => id))
  await server.kill('SIGTERM')
  const log = readCallLog(server.databaseFile)
  const causes = Object.groupBy(log, ({ endCause }) => endCause ?? 'none')
  const counted = Object.entries(causes).map(([cause, calls]) => `${cause} ${calls?.length}`)
  t.diagnostic(`${log.length} calls (${counted.join(', ')}); in dead calls ${JSON.stringify(tally)}`)

  assert.deepEqual(client.surprises, [])
  assert.equal(client.acknowledged.size, wantedCalls.length)
  assert.deepEqual(
    [...client.acknowledged.values()].filter(({ id }) => !listed.has(id)),
    [],
    'the API shows every call',
  )
  assert.deepEqual(findCrashFaults(log, client.acknowledged, phones.calls), [])
  const neverDialled = log.filter(
    ({ dueAt, endCause, events }) =>
      dueAt !== null && endCause !== 'cancelled' && !events.some(({ type }) => type === 'leg.dialled'),
  )
  assert.deepEqual(neverDialled, [], 'every delayed call was dialled when it was due')
  assert.ok(tally.ringing > 0 && tally.talking > 0, 'the kills met phones that rang, and phones that talked')
})

test(`kill -9 in bursts of requests: what was acknowledged is kept, what was dialled is in the log`, async (t) => {
  const { phones, server, client, chance, between } = await setUp(t)
  phones.behaviour = () => ({ reject: 486 })
  const endings: Promise<unknown>[] = []
  let requests = 0
  let unansweredAtKill = 0
  let started = Promise.resolve()

  for (let kill = 1; kill <= 8; kill++) {
    let unanswered = 0
    for (let more = 0; more < 120; more++) {
      const index = requests++
      const wanted = {
        key: `burst-${index}`,
        body: { first: { number: numberOf(index, 'first') }, second: { number: numberOf(index, 'second') } },
      }
      // The other clients never ask again: whether their calls exist is the log's secret, but not a matter of chance.
      const asksAgain = chance(0.5)
      unanswered++
      const first = client.placeOnce(wanted).then(async (id) => {
        unanswered--
        if (id === undefined && asksAgain) await client.place(wanted)
      })
      endings.push(first)
    }
    await sleep(between(5, 300))
    unansweredAtKill += unanswered
    await server.kill('SIGKILL')
    // The next burst meets it while it still ends the calls of the one before, and may kill it at that.
    started = server.start()
    started.catch(() => {})
    await waitUntilListening(server.url)
  }
  await started
  await Promise.all(endings)
  for (const until = Date.now() + 10_000; (await client.list('&state=live')).length > 0; await sleep(20)) {
    assert.ok(Date.now() < until, 'calls are still live')
  }
  const listed = new Set((await client.list()).map(({ id }) => id))
  await server.kill('SIGTERM')
  const log = readCallLog(server.databaseFile)
  const dialled = phones.calls.size
  t.diagnostic(
    `${requests} requests, ${unansweredAtKill} of them under way when killed; ${log.length} calls, ${dialled} INVITEs`,
  )
  assert.deepEqual(client.surprises, [])
  assert.deepEqual(
    [...client.acknowledged.values()].filter(({ id }) => !listed.has(id)),
    [],
  )
  assert.deepEqual(findCrashFaults(log, client.acknowledged, phones.calls), [])
  assert.ok(unansweredAtKill > 0 && client.acknowledged.size > 0, 'some were answered, some were not')
})

/** Resolves with the moment at which somebody answers. */
async function waitUntilListening(url: string): Promise<number> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(5)) {
    const answer = await fetch(new URL('/healthz', url)).catch(() => undefined)
    if (answer?.ok) return Date.now()
  }
  throw new Error('the server does not listen')
}
