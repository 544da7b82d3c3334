import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdmit } from '../src/access/admit-request.ts'
import { createAccess } from '../src/access/create-access.ts'
import { HeldAccesses } from '../src/access/held-accesses.ts'
import { createIdentify } from '../src/access/identify.ts'
import type { CallService } from '../src/call/call-service.ts'
import { projectCall } from '../src/call/project-call.ts'
import { systemClock } from '../src/clock.ts'
import { parseConfig } from '../src/config/load-config.ts'
import { GuessLog } from '../src/directory/guess-log.ts'
import { PasswordGuard } from '../src/directory/password-guard.ts'
import { openSecretBox } from '../src/directory/secret-box.ts'
import { TokenBuckets } from '../src/directory/token-bucket.ts'
import { CallLog } from '../src/events/call-log.ts'
import { createServer } from '../src/http/create-server.ts'
import { Metrics } from '../src/http/metrics.ts'
import { silentLog } from '../src/log.ts'
import { chooseDialects } from '../src/main/choose-dialects.ts'
import { createPolicy } from '../src/main/create-policy.ts'
import { LiveDirectory } from '../src/main/live-directory.ts'
import { CallCounters } from '../src/orchestrator/call-counters.ts'
import { LineActivity } from '../src/orchestrator/line-activity.ts'
import { placeCall } from '../src/orchestrator/place-call.ts'
import { systemRandom } from '../src/random.ts'
import { openSqliteStore } from '../src/store/sqlite/open-sqlite-store.ts'

/**
 * The server up to the moment when a call is accepted: every dialect, the demo's directory, policy and the durable write, and
 * then nothing is dialled. Prints its port, and ends with its standard input.
 */
const folder = mkdtempSync(join(tmpdir(), 'cordboard-bench-'))
const demo = readFileSync(new URL('../src/config/demo.yaml', import.meta.url), 'utf8')
const trunks = 'trunks: [{ name: t, address: "sip:127.0.0.1:9" }]\n'
const config = parseConfig(`${demo.slice(0, demo.indexOf('\ndemo:'))}\n${trunks}`, 'demo.yaml')

const store = await openSqliteStore({ node: 1, file: join(folder, 'cordboard.db'), onBroken: () => process.exit(1) })
const secretBox = openSecretBox(join(folder, 'key'))
const liveDirectory = new LiveDirectory({ config, store: store.directory, secretBox, onChanged: async () => {} })
await liveDirectory.bringTo(config)
const { directory } = liveDirectory

const phones = { presence: () => ({ reachable: true, contacts: 1 }) }
const context = {
  ...{ directory, phones, callLog: new CallLog(store.calls), clock: systemClock, random: systemRandom },
  ...{ policy: createPolicy(directory), counters: new CallCounters(systemClock), isLive: () => false, launch() {} },
  activity: new LineActivity(systemClock, systemRandom),
  ...{ defaultRingSeconds: 30, memberRingSeconds: 15, longestSeconds: 3600 },
}
const calls: Pick<CallService, 'place'> = {
  async place(request) {
    const placed = await placeCall(request, undefined, context)
    if (placed.outcome !== 'accepted') throw new Error(`refused: ${JSON.stringify(placed)}`)
    return { outcome: 'accepted', call: projectCall(placed.events) }
  },
}
const app = await createServer({
  ...chooseDialects(config.dialects),
  trustedProxies: [],
  context: {
    access: createAccess({
      ...{ calls: calls as CallService, directory, changes: liveDirectory, heldAccesses: new HeldAccesses() },
      ...{ clock: systemClock, phones: () => [] },
      admit: createAdmit({ directory, buckets: new TokenBuckets(systemClock, 1e9, 1e9) }),
      identify: createIdentify({
        directory,
        passwords: new PasswordGuard(systemClock),
        guesses: new GuessLog(systemClock, silentLog),
      }),
    }),
    node: config.node,
  },
  metrics: new Metrics({ liveCalls: () => 0, registeredPhones: () => 0, trunks: () => [] }),
  log: silentLog,
  notReady: async () => [],
})
process.stdout.write(`${new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port}\n`)
process.stdin.on('end', async () => {
  await app.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
process.stdin.resume()
