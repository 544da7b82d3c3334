import type { LegRecovery } from '../../call/call-event.ts'
import type { Clock } from '../../clock.ts'
import type { TargetRules } from '../../decide-target.ts'
import type { Log } from '../../log.ts'
import type { MediaPlane } from '../../media/media-plane.ts'
import type { Random } from '../../random.ts'
import { DigestServer, type ServerAlgorithm } from '../../sip/digest/digest-server.ts'
import type { Binding, BindingChange } from '../../sip/registrar/binding.ts'
import { Registrar, type RegistrarLines, type RegistrarOptions } from '../../sip/registrar/registrar.ts'
import { TransactionLayer } from '../../sip/transaction/transaction-layer.ts'
import type { TransportProtocol } from '../../sip/transport/destination.ts'
import type { DnsQueries } from '../../sip/transport/dns-resolver.ts'
import type { Sockets } from '../../sip/transport/sockets.ts'
import { TransportLayer } from '../../sip/transport/transport-layer.ts'
import { destinationOfUri } from '../../sip/user-agent/next-hop.ts'
import { UserAgent } from '../../sip/user-agent/user-agent.ts'
import type { DialRequest, Driver, DriverGuarantee, LegEvent, LegHandle, LineAddress, TrunkAddress } from '../driver.ts'
import type { PhoneContact, PhoneRegistry, Presence } from '../phone-registry.ts'
import type { SoundLibrary } from '../sound-library.ts'
import { aorOf, type DialRounds, dialRounds } from './dial-target.ts'
import { EngineLeg, type EngineLegContext } from './engine-leg.ts'
import { driverName, endRecovered, type TrunkCredentials } from './leg-recovery.ts'
import { type LookUpHost, MediaHosts } from './media-hosts.ts'
import { TrunkHealth } from './trunk-health.ts'

export interface SipListener {
  readonly protocol: TransportProtocol
  readonly host: string
  readonly port: number
}

/** Keeps the registrar's bindings, so that phones stay reachable across a restart. */
export interface BindingStore {
  load(): Promise<readonly Binding[]>
  /** In order; a failure is the store's to report. */
  record(change: BindingChange): void
}

export interface SipEngineOptions {
  readonly listen: readonly SipListener[]
  /** What peers beyond this host are told instead of where we listen. */
  readonly advertise?: string
  /** The domain of our identities. */
  readonly realm: string
  /** What phones are challenged with, the preferred first. */
  readonly digestAlgorithms: readonly ServerAlgorithm[]
  /** Started and closed with the engine. */
  readonly media: Pick<MediaPlane, 'start' | 'allocate' | 'counts' | 'close'>
  /** What calls can be made to hear beside tones and each other; nothing if absent. */
  readonly sounds?: SoundLibrary
  /** Whose phones may register; a line's key is `account/number`. */
  readonly lines: RegistrarLines
  readonly bindings: BindingStore
  /** How often registered phones are asked whether they are there; never if absent or 0. */
  readonly qualifySeconds?: number
  /** Where phones and carriers may not aim our requests. */
  readonly targets?: TargetRules
  /** Whether there still is such a trunk; every one if absent. */
  readonly isTrunk?: (trunk: TrunkAddress) => boolean
  /** For ending the calls of a dead process over trunks that ask for digest; none if absent. */
  readonly trunkCredentials?: TrunkCredentials
  /** How long a leg in a call may send neither RTP nor RTCP before it is hung up; 0 is for ever. */
  readonly silentSeconds: number
  /** By it answers to calls of a process before this one are known; 32 octets. */
  readonly proofKey?: Buffer
  /** The system's if absent. */
  readonly sockets?: Sockets
  /** Finds hosts that SDP names; the system's look-up if absent. */
  readonly lookUpHost?: LookUpHost
  /** Finds trunks by their names; the system's DNS if absent. */
  readonly dns?: DnsQueries
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Long enough for a phone on a bad network to answer a CANCEL or BYE, short enough that a start does not hang. */
const recoveryPatienceMilliseconds = 1500
const closePatienceMilliseconds = 1000

const noSounds: SoundLibrary = { clip: () => undefined, music: () => undefined }

/** The embedded driver: registrar, phones and trunks over our own SIP stack, media through our own relay. */
export class SipEngine implements Driver, PhoneRegistry {
  readonly name = driverName
  readonly guarantees: ReadonlySet<DriverGuarantee> = new Set(['log-before-dial', 'log-before-answer'])
  readonly #options: SipEngineOptions
  readonly #transport: TransportLayer
  readonly #transactions: TransactionLayer
  readonly #userAgent: UserAgent
  readonly #registrar: Registrar
  readonly #legs = new Set<EngineLeg>()
  readonly #trunkHealth: TrunkHealth
  readonly #legContext: EngineLegContext

  constructor(options: SipEngineOptions) {
    const { clock, random, log } = options
    this.#options = options
    this.#transport = new TransportLayer({
      clock,
      random,
      log,
      ...(options.advertise === undefined ? {} : { advertise: { host: options.advertise } }),
      ...(options.sockets === undefined ? {} : { sockets: options.sockets }),
      ...(options.targets === undefined ? {} : { targets: options.targets }),
      ...(options.dns === undefined ? {} : { dns: options.dns }),
    })
    this.#transactions = new TransactionLayer({
      transport: this.#transport,
      clock,
      random,
      log,
      ...(options.proofKey === undefined ? {} : { proofKey: options.proofKey }),
    })
    this.#userAgent = new UserAgent({
      transactions: this.#transactions,
      transport: this.#transport,
      clock,
      random,
      log,
      userAgentHeader: 'Cordboard',
    })
    this.#registrar = new Registrar({
      clock,
      log,
      digest: new DigestServer({ clock, random, algorithms: options.digestAlgorithms }),
      lines: options.lines,
      ...this.#qualify(),
    })
    this.#registrar.onFlow = (flow, isUsed) => this.#transport.hold(flow, isUsed)
    this.#userAgent.onRegister = (request, source) => this.#registrar.handle(request, source)
    this.#trunkHealth = new TrunkHealth({
      clock,
      log,
      probe: (trunk) => this.#probeTrunk(trunk),
      isConfigured: options.isTrunk ?? (() => true),
    })
    this.#legContext = {
      trunkHealth: this.#trunkHealth,
      userAgent: this.#userAgent,
      media: options.media,
      sounds: options.sounds ?? noSounds,
      refuseTarget: (said, seenFrom) => this.#transport.refuseTarget(said, seenFrom),
      mediaHosts: new MediaHosts(clock, options.lookUpHost),
      clock,
      random,
      log,
      silentMilliseconds: options.silentSeconds * 1000,
      onGone: (leg) => this.#legs.delete(leg),
    }
  }

  /** Opens ports and media; rejects with the system's error where a port cannot be had. */
  async start(): Promise<void> {
    this.#registrar.onChange = (change) => this.#options.bindings.record(change)
    this.#registrar.restore(await this.#options.bindings.load())
    await this.#options.media.start()
    for (const listener of this.#options.listen) await this.#transport.listen(listener)
  }

  /** Where it listens, with the ports that the system chose. */
  get listeners(): readonly SipListener[] {
    return this.#transport.listeningPoints
  }

  /**
   * To be called when lines or trunks have changed: phones of a line that is gone, or has another secret, are forgotten, and so is what
   * was remembered of trunks that are gone.
   */
  directoryChanged(): void {
    this.#registrar.withdraw()
    this.#trunkHealth.forgetRemoved()
  }

  contacts(line: LineAddress): readonly PhoneContact[] {
    return this.#registrar.contacts(aorOf(line)).map((binding) => ({
      uri: binding.contactUri,
      ...(binding.userAgent === undefined ? {} : { userAgent: binding.userAgent }),
      expiresAt: binding.expiresAt,
      reachable: this.#registrar.isReachable(binding),
    }))
  }

  presence(line: LineAddress): Presence {
    const bindings = this.#registrar.contacts(aorOf(line))
    return {
      reachable: bindings.some((binding) => this.#registrar.isReachable(binding)),
      contacts: bindings.length,
    }
  }

  dial(request: DialRequest, listener: (event: LegEvent) => void): LegHandle {
    const leg = new EngineLeg(request, () => this.#plan(request, listener), listener, this.#legContext)
    this.#legs.add(leg)
    queueMicrotask(() => void leg.start())
    return leg
  }

  #plan(request: DialRequest, listener: (event: LegEvent) => void): DialRounds {
    const { realm, log, clock } = this.#options
    const { destination } = request
    const trunks = destination.kind === 'trunk' ? destination.trunks : []
    const { turns, resting } = this.#trunkHealth.order(trunks)
    for (const { trunk, until } of resting) {
      const reason = `not dialled: it asked to be left alone until ${new Date(until).toISOString()}`
      const attempt = { at: clock.now(), trunk: trunk.name, to: trunk.address, reason, cause: 'congestion' } as const
      listener({ type: 'attempt-ended', attempt })
    }
    if (resting.length > 0 && turns.length === 0) return 'congestion'
    return dialRounds(request, turns, this.#registrar, realm, log)
  }

  /** Whether the carrier has not responded lately. */
  isTrunkDown(name: string): boolean {
    return this.#trunkHealth.isDown(name)
  }

  async #probeTrunk({ name, address }: TrunkAddress): Promise<boolean> {
    try {
      const from = `sip:${this.#options.realm}`
      return await this.#userAgent.askAlive({ uri: address, destination: destinationOfUri(address), from })
    } catch (error) {
      this.#options.log.warn({ trunk: name, err: error }, 'the address of this trunk cannot be asked')
      return false
    }
  }

  async recover(recoveries: readonly LegRecovery[]): Promise<void> {
    const { clock, log, trunkCredentials = () => undefined } = this.#options
    const endings = recoveries.map((recovery) => endRecovered(recovery, this.#userAgent, trunkCredentials))
    const ended = Promise.allSettled(endings)
    const outcomes = await within(ended, recoveryPatienceMilliseconds, clock)
    for (const outcome of outcomes ?? []) {
      if (outcome.status === 'rejected') log.warn({ err: outcome.reason }, 'a leg of before could not be ended')
    }
  }

  /** What is held now; all zero when nothing is going on, registrations apart. */
  counts() {
    const [userAgent, transactions] = [this.#userAgent.counts(), this.#transactions.counts()]
    return {
      legs: this.#legs.size,
      ...userAgent,
      ...transactions,
      timers: userAgent.timers + transactions.timers,
      media: this.#options.media.counts(),
      registrations: this.#registrar.counts().bindings,
    }
  }

  #qualify(): Pick<RegistrarOptions, 'qualify'> {
    const { qualifySeconds: intervalSeconds = 0, random, realm } = this.#options
    if (intervalSeconds === 0) return {}
    const ask = ({ contactUri, destination }: Binding) =>
      this.#userAgent.askAlive({ uri: contactUri, destination, from: `sip:${realm}` })
    return { qualify: { intervalSeconds, random, ask } }
  }

  async close(): Promise<void> {
    for (const leg of this.#legs) leg.hangup('interrupted')
    const { clock } = this.#options
    for (let waited = 0; this.#legs.size > 0 && waited < closePatienceMilliseconds; waited += 20) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 20))
    }
    this.#registrar.close()
    this.#trunkHealth.close()
    this.#userAgent.close()
    this.#transactions.close()
    await this.#transport.close()
    await this.#options.media.close()
  }
}

/** What the promise resolves with, or undefined if it takes longer. */
function within<Value>(promise: Promise<Value>, milliseconds: number, clock: Clock): Promise<Value | undefined> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(undefined), milliseconds)
    void promise.then((value) => {
      clock.clearTimeout(timer)
      resolve(value)
    })
  })
}
