import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Random } from '../random.ts'
import { type EndpointStatistics, noStatistics } from './endpoint-statistics.ts'
import type { EndpointHost, MediaEndpoint } from './media-endpoint.ts'
import { MediaError } from './media-error.ts'
import type { RelayCommand, RelayEvent, RelayOptions } from './relay-protocol.ts'

/** So many pairs the worker is asked for at once; when half as many are free, for more, before they are missed. */
const fewPairs = 32
/** As many where calls come fast, so that they need not wait for the worker. */
const manyPairs = 128
/** Asked again within this time, calls come fast. */
const fastMilliseconds = 500
/** A worker that dies at once is not restarted in a tight loop. */
const restartMilliseconds = 250

interface PortWaiter {
  resolve(port: number): void
  reject(error: MediaError): void
}

/**
 * The signalling thread's end of one relay worker: batches commands, spreads events, and replaces the worker when it dies.
 */
export class RelayHandle implements EndpointHost {
  restarts = 0
  readonly #options: RelayOptions
  readonly #log: Log
  readonly #clock: Clock
  readonly #random: Random
  readonly #endpoints = new Map<number, MediaEndpoint>()
  /** Of the endpoints, RTP and RTCP. */
  readonly #ports = new Set<number>()
  readonly #answers = new Map<number, (statistics: EndpointStatistics) => void>()
  #worker: Worker | undefined
  #batch: RelayCommand[] = []
  /** Free pairs, in no order. */
  #free: number[] = []
  #preparing = false
  #preparedAt = Number.NEGATIVE_INFINITY
  #pairsAtOnce = fewPairs
  #waiting: PortWaiter[] = []
  #nextRequest = 1
  #resting = 0
  #closed = false
  #restart: Timer | undefined

  constructor(options: RelayOptions, log: Log, clock: Clock, random: Random) {
    this.#options = options
    this.#log = log
    this.#clock = clock
    this.#random = random
  }

  /** Endpoints here, and those that will be. */
  get load(): number {
    return this.#endpoints.size + this.#waiting.length
  }

  get endpointCount(): number {
    return this.#endpoints.size
  }

  /** Whether an endpoint here has this port, for RTP or RTCP. */
  holds(port: number): boolean {
    return this.#ports.has(port - (port % 2))
  }

  /** Bound pairs that no endpoint uses. */
  get idlePairs(): number {
    return this.#resting + this.#free.length
  }

  /** Microseconds of processor time that the worker's thread has used. */
  async cpuMicroseconds(): Promise<number> {
    const usage = await this.#worker?.cpuUsage()
    return usage === undefined ? 0 : usage.user + usage.system
  }

  async start(): Promise<void> {
    this.#launch()
    const port = await this.waitForPort()
    this.#free.push(port)
  }

  /** A free pair, any of those that are at hand: nobody shall know the next call's ports from the last one's. */
  takePort(): number | undefined {
    const { length } = this.#free
    if (length === 0) return undefined
    const port = this.#removeFree(this.#random.bytes(4).readUInt32LE() % length)
    if (length <= this.#pairsAtOnce / 2) this.#prepare()
    return port
  }

  waitForPort(): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closedError())
      this.#waiting.push({ resolve, reject })
      this.#prepare()
    })
  }

  open(endpoint: MediaEndpoint): void {
    this.#endpoints.set(endpoint.id, endpoint)
    this.#ports.add(endpoint.port)
    this.post({ op: 'open', id: endpoint.id, port: endpoint.port })
  }

  post(command: RelayCommand): void {
    if (this.#worker === undefined) return
    this.#batch.push(command)
    // One message for what a turn of the event loop brings together: the hop costs more than the commands.
    if (this.#batch.length === 1) setImmediate(() => this.#flush())
  }

  ask(command: (request: number) => RelayCommand): Promise<EndpointStatistics> {
    if (this.#worker === undefined) return Promise.resolve(noStatistics)
    const request = this.#nextRequest++
    return new Promise((resolve) => {
      this.#answers.set(request, resolve)
      this.post(command(request))
    })
  }

  forget(endpoint: MediaEndpoint): void {
    this.#endpoints.delete(endpoint.id)
    this.#ports.delete(endpoint.port)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#clock.clearTimeout(this.#restart)
    const worker = this.#worker
    this.#abandon('the media plane was closed')
    await worker?.terminate()
  }

  #launch(): void {
    const worker = new Worker(new URL('./relay-worker.ts', import.meta.url), { workerData: this.#options })
    this.#worker = worker
    worker.on('message', (events: RelayEvent[]) => {
      if (this.#worker !== worker) return
      for (const event of events) this.#receive(event)
    })
    // 'exit' follows, and does what is to be done.
    worker.on('error', (error) => this.#log.error({ err: error }, 'the media relay failed'))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#replace()
    })
    this.#prepare()
  }

  #replace(): void {
    this.restarts++
    const waiting = this.#waiting
    this.#waiting = []
    this.#log.error(
      { endpoints: this.#endpoints.size },
      'a media relay worker died; its calls lose their media, a new one starts',
    )
    this.#abandon('the media relay worker died')
    this.#waiting = waiting
    this.#restart = this.#clock.setTimeout(() => {
      if (!this.#closed) this.#launch()
    }, restartMilliseconds)
  }

  /** Forgets all that lived in the worker: its sockets are closed with it. */
  #abandon(reason: string): void {
    this.#worker = undefined
    this.#batch = []
    this.#free = []
    this.#resting = 0
    this.#preparing = false
    for (const answer of this.#answers.values()) answer(noStatistics)
    this.#answers.clear()
    for (const { reject } of this.#waiting) reject(closedError())
    this.#waiting = []
    const endpoints = [...this.#endpoints.values()]
    this.#endpoints.clear()
    this.#ports.clear()
    for (const endpoint of endpoints) endpoint.fail(reason)
  }

  #flush(): void {
    const batch = this.#batch
    this.#batch = []
    if (batch.length > 0) this.#worker?.postMessage(batch)
  }

  #prepare(): void {
    if (this.#preparing || this.#worker === undefined) return
    this.#preparing = true
    const now = this.#clock.monotonic()
    this.#pairsAtOnce = now - this.#preparedAt < fastMilliseconds ? manyPairs : fewPairs
    this.#preparedAt = now
    this.post({ op: 'prepare', pairs: this.#pairsAtOnce })
  }

  #receive(event: RelayEvent): void {
    switch (event.event) {
      case 'media':
      case 'dtmf':
      case 'silent':
      case 'played':
        this.#endpoints.get(event.id)?.deliver(event)
        return
      case 'failed': {
        const endpoint = this.#endpoints.get(event.id)
        if (endpoint === undefined) return
        this.#log.error(
          { endpoint: event.id, reason: event.reason },
          'a media endpoint failed; its call loses its media',
        )
        this.forget(endpoint)
        endpoint.fail(event.reason)
        return
      }
      case 'answer':
        this.#answers.get(event.request)?.(event.statistics)
        this.#answers.delete(event.request)
        return
      case 'resting':
        this.#resting = event.pairs
        return
      case 'withdrawn': {
        const index = this.#free.indexOf(event.port)
        if (index >= 0) this.#removeFree(index)
        return
      }
      case 'ready':
        this.#addPorts(event.ports)
        if (this.#waiting.length > 0) this.#prepare()
        return
      case 'prepared':
        this.#preparing = false
        this.#addPorts(event.ports)
        if (this.#waiting.length > 0 && event.problem === undefined) this.#prepare()
        else if (event.problem !== undefined) this.#refuseWaiting(event.problem)
    }
  }

  #removeFree(index: number): number {
    const port = this.#free[index] as number
    const last = this.#free.pop() as number
    if (index < this.#free.length) this.#free[index] = last
    return port
  }

  #addPorts(ports: readonly number[]): void {
    for (const port of ports) {
      const waiter = this.#waiting.shift()
      if (waiter === undefined) this.#free.push(port)
      else waiter.resolve(port)
    }
  }

  #refuseWaiting(problem: string): void {
    // A pair that rests is free in a moment.
    if (this.#resting > 0) return this.post({ op: 'hurry' })
    const error = new MediaError(
      'no-ports',
      `no RTP port pair of the ${this.#options.ports.length} is free: ${problem}`,
    )
    const waiting = this.#waiting
    this.#waiting = []
    for (const { reject } of waiting) reject(error)
  }
}

const closedError = () => new MediaError('closed', 'the media plane is closed')
