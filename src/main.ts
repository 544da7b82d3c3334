import { systemClock } from './clock.ts'
import { applyConfig } from './config/apply-config.ts'
import type { Config } from './config/config-schema.ts'
import { loadConfig } from './config/load-config.ts'
import { startDemo } from './demo/start-demo.ts'
import type { Caller, DialectContext } from './dialects/dialect.ts'
import { myapiDialect } from './dialects/myapi/routes.ts'
import { nativeDialect } from './dialects/native/native.ts'
import { createDirectory } from './directory/create-directory.ts'
import type { Directory } from './directory/directory.ts'
import type { DirectoryRecords } from './directory/records.ts'
import { ReplaceableDirectory } from './directory/replaceable-directory.ts'
import { openSecretBox } from './directory/secret-box.ts'
import { CallLog } from './events/call-log.ts'
import { createServer } from './http/create-server.ts'
import { Metrics } from './http/metrics.ts'
import { TokenBuckets } from './http/token-bucket.ts'
import { createLog, type Log } from './log.ts'
import { Orchestrator } from './orchestrator/orchestrator.ts'
import type { CallPolicy } from './orchestrator/plan-call.ts'
import { decideCall } from './policy/decide-call.ts'
import { outsideCallerId } from './policy/decide-caller-id.ts'
import { systemRandom } from './random.ts'
import type { Binding } from './sip/registrar/binding.ts'
import { bindingKey } from './sip/registrar/binding-table.ts'
import { openStore, storeFile } from './store/open-store.ts'
import type { Store } from './store/store.ts'
import { type BindingStore, SipEngine, type SipListener } from './telephony/sip-engine/sip-engine.ts'

export interface StartOptions {
  readonly configFile: string
  /** Where relative paths of the configuration are; the working directory if absent. */
  readonly dataDirectory?: string
  /** Called if the server can no longer keep its promises (its disk failed); the process should end. */
  readonly onFatal?: (error: Error) => void
}

export interface RunningServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string
  readonly sip: readonly SipListener[]
  readonly config: Config
  readonly callLog: CallLog
  /** What is held now; for leak checks and benchmarks. */
  counts(): ReturnType<SipEngine['counts']> & { readonly liveCalls: number; readonly listeners: number }
  stop(): Promise<void>
}

/** How long calls that are up get to say goodbye when the server stops. */
const stopPatienceMilliseconds = 3000

/** Wires the rooms together: the only place that knows them all. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const config = loadConfig(options.configFile)
  const log = createLog(config.log.level)
  const clock = systemClock
  const random = systemRandom
  const demo = config.demo === undefined ? undefined : await startDemo(config, { clock, random, log })

  const baseDirectory = options.dataDirectory ?? '.'
  const store = await openStore({
    address: config.store,
    baseDirectory,
    onBroken: (error) => options.onFatal?.(error),
  })
  const secretBox = openSecretBox(`${storeFile(config.store, baseDirectory)}.key`)
  const { records } = await applyConfig(config, store.directory, secretBox)
  const directory = new ReplaceableDirectory(createDirectory(withDemoTrunk(records, demo?.trunkAddress)))
  const callLog = new CallLog(store.calls)
  const engine = createEngine(config, directory, store, log)
  const orchestrator = new Orchestrator({
    store: store.calls,
    callLog,
    driver: engine,
    directory,
    policy: createPolicy(directory),
    clock,
    random,
    log,
    defaultRingSeconds: config.calls.ringSeconds,
  })
  const metrics = new Metrics({
    liveCalls: () => orchestrator.liveCount,
    registeredPhones: () => engine.counts().registrations,
  })
  callLog.followAll((event) => metrics.countEvent(event))

  let ready = false
  const buckets = new TokenBuckets(clock, config.limits.requestsPerSecond, config.limits.burst)
  const app = await createServer({
    dialects: [nativeDialect, myapiDialect],
    context: dialectContext(orchestrator, directory, engine, buckets),
    metrics,
    log,
    isReady: () => ready,
  })
  const stop = async () => {
    ready = false
    await app.close()
    await orchestrator.stop(stopPatienceMilliseconds)
    await demo?.stop()
    await engine.close()
    await store.close()
  }
  try {
    await engine.start()
    const url = await app.listen(config.http)
    const resumed = orchestrator.resume().then(({ interrupted, resumed: delayed }) => {
      if (interrupted + delayed > 0) log.warn({ interrupted, delayed }, 'calls of before were taken care of')
      ready = true
    })
    await demo?.registerPhones(engine.listeners)
    await resumed
    const counts = () => ({ ...engine.counts(), liveCalls: orchestrator.liveCount, listeners: callLog.listenerCount })
    return { url, sip: engine.listeners, config, callLog, counts, stop }
  } catch (error) {
    await stop()
    throw explainListenError(error, config)
  }
}

function createEngine(config: Config, directory: Directory, store: Store, log: Log): SipEngine {
  const [first = 0, last = 0] = config.media.ports.split('-').map(Number)
  return new SipEngine({
    listen: config.sip.listen.map(parseListener),
    ...(config.sip.advertise === null ? {} : { advertise: config.sip.advertise }),
    realm: config.sip.realm,
    digestAlgorithms: config.sip.digest,
    media: {
      host: config.media.host,
      portRange: [first, last],
      workers: config.media.workers,
      ...(config.sip.advertise === null ? {} : { advertise: config.sip.advertise }),
    },
    lookupLine(username, domain) {
      const found = directory.authenticateSip(username, domain)
      if (found === undefined) return undefined
      const { account, number } = found.line
      const realm = directory.account(account)?.domain ?? config.sip.realm
      return { aor: `${account}/${number}`, realm, ha1Md5: found.ha1Md5, ha1Sha256: found.ha1Sha256 }
    },
    bindings: createBindingStore(store, log),
    clock: systemClock,
    random: systemRandom,
    log,
  })
}

function parseListener(text: string): SipListener {
  const match = /^(udp|tcp):\[?([^\]]+?)\]?:(\d+)$/.exec(text)
  return {
    protocol: match?.[1] === 'tcp' ? 'tcp' : 'udp',
    host: match?.[2] ?? '127.0.0.1',
    port: Number(match?.[3] ?? 5060),
  }
}

function createBindingStore(store: Store, log: Log): BindingStore {
  const key = (binding: Binding) => `${binding.aor} ${bindingKey(binding)}`
  return {
    async load() {
      return (await store.registrations.load(systemClock.now())).map(({ binding }) => binding as Binding)
    },
    record({ type, binding }) {
      const change =
        type === 'removed'
          ? ({ type: 'remove', key: key(binding) } as const)
          : ({
              type: 'put',
              registration: { key: key(binding), aor: binding.aor, expiresAt: binding.expiresAt, binding },
            } as const)
      store.registrations
        .apply([change])
        .catch((error: unknown) => log.error({ err: error }, 'a registration was not kept'))
    },
  }
}

function createPolicy(directory: Directory): CallPolicy {
  return {
    decide(request, legs) {
      const account = directory.account(request.account)
      if (account === undefined) return { code: 'account-not-found', message: 'There is no such account.' }
      const facts = { request, account, ratePlan: directory.ratePlan(account.name), ...legs }
      return decideCall(facts)
    },
    outsideCallerId(name, { destination }) {
      const account = directory.account(name)
      const line = destination.kind === 'line' ? destination.line : undefined
      return account === undefined ? {} : outsideCallerId(account, line && directory.line(line.account, line.number))
    },
  }
}

function dialectContext(
  orchestrator: Orchestrator,
  directory: Directory,
  engine: SipEngine,
  buckets: TokenBuckets,
): Omit<DialectContext, 'log' | 'closing'> {
  const linesOf = (accounts: readonly string[]) => accounts.flatMap((account) => directory.listLines(account))
  return {
    calls: orchestrator,
    authenticate(secret): Caller | undefined {
      const credential = directory.keyBySecret(secret)
      return credential && { ...credential, accounts: directory.accountsUnder(credential.account) }
    },
    admit(caller) {
      const retryAfterSeconds = buckets.take(`${caller.account}/${caller.name}`)
      return retryAfterSeconds === 0 ? { allowed: true } : { allowed: false, retryAfterSeconds }
    },
    phones: (accounts) =>
      linesOf(accounts).flatMap((line) =>
        engine.contacts(line).map((binding) => ({
          account: line.account,
          line: line.number,
          contact: binding.contactUri,
          ...(binding.userAgent === undefined ? {} : { userAgent: binding.userAgent }),
          expiresAt: binding.expiresAt,
        })),
      ),
    lines: (accounts) =>
      linesOf(accounts).map(({ account, number, name }) => ({
        account,
        number,
        ...(name === undefined ? {} : { name }),
      })),
  }
}

/** The simulated carrier takes part as one more trunk, for every account and number, after the real ones. */
function withDemoTrunk(records: DirectoryRecords, address: string | undefined): DirectoryRecords {
  if (address === undefined) return records
  const trunk = { name: 'demo', address, format: 'e164', prefixes: [''], priority: 1000 } as const
  return { ...records, trunks: [...records.trunks, trunk] }
}

/** A port in use, or one that only root may have, in words that say what to do. */
function explainListenError(error: unknown, config: Config): unknown {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  const where = port === config.http.port ? 'http.port' : 'sip.listen'
  if (code === 'EADDRINUSE')
    return new Error(`Port ${port} is in use; stop what uses it, or choose another in "${where}".`)
  if (code === 'EACCES')
    return new Error(`Port ${port} may not be opened by this user; choose one above 1023 in "${where}".`)
  if (code === 'EADDRNOTAVAIL')
    return new Error(`This machine has no such address; check "host" and "listen" in the configuration.`)
  return error
}
