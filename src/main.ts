import { promises as dns } from 'node:dns'
import type { Server } from 'node:http'
import { resolve } from 'node:path'
import { createAdmit } from './access/admit-request.ts'
import { createAccess } from './access/create-access.ts'
import { HeldAccesses } from './access/held-accesses.ts'
import { createIdentify } from './access/identify.ts'
import { systemClock } from './clock.ts'
import type { Config } from './config/config-schema.ts'
import { loadConfigHere } from './config/load-config.ts'
import { startDemo } from './demo/start-demo.ts'
import { sealedElsewhere } from './directory/apply-records.ts'
import type { Directory } from './directory/directory.ts'
import { GuessLog } from './directory/guess-log.ts'
import { PasswordGuard } from './directory/password-guard.ts'
import { openSecretBox } from './directory/secret-box.ts'
import { TokenBuckets } from './directory/token-bucket.ts'
import { CallLog } from './events/call-log.ts'
import { postByFetch, Webhooks } from './events/webhooks.ts'
import { createServer } from './http/create-server.ts'
import { Metrics } from './http/metrics.ts'
import { TlsFront, type TlsFrontOptions } from './http/tls-front.ts'
import { createLog, type Log } from './log.ts'
import { chooseDialects } from './main/choose-dialects.ts'
import { createEngine } from './main/create-engine.ts'
import { createPolicy } from './main/create-policy.ts'
import { DescriptorWatch } from './main/descriptor-watch.ts'
import { explainStartError } from './main/explain-start-error.ts'
import { LiveDirectory } from './main/live-directory.ts'
import { LiveSounds } from './main/live-sounds.ts'
import { reasonsNotReady, tellStoreHealth } from './main/readiness.ts'
import { webhookTargets } from './main/webhook-targets.ts'
import { Orchestrator } from './orchestrator/orchestrator.ts'
import { systemRandom } from './random.ts'
import type { CallStore } from './store/call-store.ts'
import { openStore, storeFile } from './store/open-store.ts'
import type { SipEngine, SipListener } from './telephony/sip-engine/sip-engine.ts'

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
  /** Where HTTPS is, if it is configured. */
  readonly tlsPort?: number
  readonly sip: readonly SipListener[]
  readonly configFile: string
  readonly config: Config
  readonly callLog: CallLog
  /** What is held now; for leak checks and benchmarks. */
  counts(): ReturnType<SipEngine['counts']> & { readonly liveCalls: number; readonly listeners: number }
  stop(): Promise<void>
}

/** How long calls that are up get to say goodbye when the server stops. */
const stopPatienceMilliseconds = 3000

/** Node's own 511 overflow when a few thousand clients come at once, and the kernel lets each of those wait for seconds. */
const unacceptedConnections = 4096

/** Wires the rooms together: the only place that knows them all. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const config = await loadConfigHere(options.configFile)
  const log = createLog(config.log.level)
  const clock = systemClock
  const random = systemRandom
  /** What was started, to be stopped in the opposite order. */
  const started: (() => Promise<unknown> | undefined)[] = []
  const stop = async () => {
    for (const undo of started.splice(0).reverse()) await undo()
  }
  try {
    const baseDirectory = options.dataDirectory ?? '.'
    const store = await openStore({
      address: config.store,
      baseDirectory,
      node: config.node.number,
      onBroken: (error) => options.onFatal?.(error),
      onHealth: tellStoreHealth(log, clock),
    })
    started.push(() => store.close())
    const keyFile = `${storeFile(config.store, baseDirectory)}.key`
    const secretBox = openSecretBox(keyFile)
    const callLog = new CallLog(store.calls)
    const webhooks = new Webhooks({ ...store, clock, log, post: postByFetch }, callLog)
    started.push(() => webhooks.stop())
    const heldAccesses = new HeldAccesses()
    const sounds = await LiveSounds.load(log)
    const onChanged = async (changed: Directory) => {
      engine.directoryChanged()
      heldAccesses.recheck()
      await sounds.replace(changed.listAccounts())
      return webhooks.replace(webhookTargets(changed))
    }
    const liveDirectory = new LiveDirectory({ config, store: store.directory, secretBox, onChanged })
    const { directory } = liveDirectory
    const engine = createEngine(config, directory, store, secretBox, sounds, log)
    started.push(() => engine.close())
    const demo = config.demo === undefined ? undefined : await startDemo(config, { clock, random, log })
    // Its phones say goodbye to the engine, so it goes before that.
    started.push(() => demo?.stop())
    await liveDirectory.bringTo(config, demo?.trunkAddress)
    const unreadable = await sealedElsewhere(store.directory, secretBox)
    if (unreadable.length > 0) log.warn({ unreadable }, `sealed with another key than ${keyFile}: restore that file`)
    const orchestrator = new Orchestrator({
      store: store.calls,
      callLog,
      driver: engine,
      phones: engine,
      directory,
      policy: createPolicy(directory),
      clock,
      random,
      log,
      hasClip: (account, name) => sounds.clip(account, name) !== undefined,
      defaultRingSeconds: config.calls.ringSeconds,
      memberRingSeconds: config.calls.memberRingSeconds,
      longestSeconds: config.calls.longestSeconds,
    })
    started.push(() => orchestrator.stop(stopPatienceMilliseconds))
    const metrics = new Metrics({
      liveCalls: () => orchestrator.liveCount,
      registeredPhones: () => engine.counts().registrations,
      trunks: () => directory.listTrunks().map(({ name }) => ({ name, isDown: engine.isTrunkDown(name) })),
    })
    callLog.followAll((event) => metrics.countEvent(event))

    const descriptors = new DescriptorWatch(clock, log)
    descriptors.start()
    started.push(async () => descriptors.stop())

    let ready = false
    const buckets = new TokenBuckets(clock, config.limits.requestsPerSecond, config.limits.burst)
    const access = createAccess({
      ...{ calls: orchestrator, directory, changes: liveDirectory, heldAccesses, clock },
      phones: (line) => engine.contacts(line).map(({ uri, ...contact }) => ({ contact: uri, ...contact })),
      identify: createIdentify({
        directory,
        passwords: new PasswordGuard(clock),
        guesses: new GuessLog(clock, log),
      }),
      admit: createAdmit({ directory, buckets }),
    })
    const app = await createServer({
      ...chooseDialects(config.dialects),
      trustedProxies: config.http.trustedProxies,
      listsOrigin: (origin) => directory.listsOrigin(origin),
      context: { access, node: config.node },
      metrics,
      log,
      notReady: async () => {
        const { isExhausted } = descriptors
        return reasonsNotReady({ isStarted: ready, storeFault: await store.health.check(), isExhausted })
      },
    })
    const { tls } = config.http
    const tlsFront = tls && openTlsFront(app.server, tls, { baseDirectory, clock, log })
    started.push(async () => {
      ready = false
      tlsFront?.stop()
      await app.close()
      tlsFront?.end()
    })

    await engine.start()
    // Asks the log what the process before left, ahead of the first request: no call of this process is taken for one of those.
    const resuming = orchestrator.resume().then(async ({ interrupted, resumed: delayed }) => {
      if (interrupted + delayed > 0) log.warn({ interrupted, delayed }, 'calls of before were taken care of')
      await tellOfOtherNodes(store.calls, log)
      ready = true
    })
    const [url, tlsPort] = await Promise.all([
      lookUpOne(config.http.host).then((host) =>
        app.listen({ host, port: config.http.port, backlog: unacceptedConnections }),
      ),
      tlsFront &&
        lookUpOne(tls?.host ?? '').then((host) =>
          tlsFront.listen({ host, port: tls?.port ?? 0, backlog: unacceptedConnections }),
        ),
      resuming,
      demo?.registerPhones(engine.listeners),
    ])
    const counts = () => ({ ...engine.counts(), liveCalls: orchestrator.liveCount, listeners: callLog.listenerCount })
    return {
      url,
      ...(tlsPort === undefined ? {} : { tlsPort }),
      sip: engine.listeners,
      configFile: options.configFile,
      config,
      callLog,
      counts,
      stop,
    }
  } catch (error) {
    await stop()
    throw explainStartError(error, config)
  }
}

/** Only a start with a node's own number ends what it left behind: whoever has changed the number must know. */
async function tellOfOtherNodes(calls: CallStore, log: Log): Promise<void> {
  const nodes = await calls.liveElsewhere()
  if (nodes.length === 0) return
  const message = 'calls of other nodes have not ended; if such a node is gone, start once with its node.number'
  log.warn({ nodes }, message)
}

function openTlsFront(
  server: Server,
  { certificate, key, others }: NonNullable<Config['http']['tls']>,
  { baseDirectory, ...means }: { readonly baseDirectory: string } & Pick<TlsFrontOptions, 'clock' | 'log'>,
): TlsFront {
  const certificates = [{ certificate, key }, ...others].map((files) => ({
    certificate: resolve(baseDirectory, files.certificate),
    key: resolve(baseDirectory, files.key),
  }))
  try {
    return new TlsFront(server, { certificates, ...means })
  } catch (error) {
    throw new Error(`"http.tls" cannot be used: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/**
 * Told `localhost`, Fastify opens a server for each address of it, and only the first has what our HTTP front adds. So it is told
 * one: the first of IPv4, whatever order the machine's hosts file has them in, or the first if there is none.
 */
async function lookUpOne(host: string): Promise<string> {
  const addresses = await dns.lookup(host, { all: true })
  return (addresses.find(({ family }) => family === 4) ?? addresses[0])?.address ?? host
}
