import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'

/** What became of a request that was answered without a transaction. */
export type StrangerOutcome = 'answered' | 'no room'

const windowMilliseconds = 10_000
/** In one window: far more than phones that register, are challenged and send keep-alives make. */
const floodRequests = 5000
/** Anybody can make up methods; those that the log names are few. */
const namedMethods: ReadonlySet<string> = new Set([
  'INVITE',
  'REGISTER',
  'OPTIONS',
  'CANCEL',
  'BYE',
  'SUBSCRIBE',
  'MESSAGE',
])

interface Tally {
  readonly since: number
  requests: number
  withoutRoom: number
  readonly methods: Map<string, number>
  newestHost: string
}

/** Tells the log of a flood of strangers' requests twice: when it has begun, and with its counts when it is over. */
export class StrangerWatch {
  readonly #clock: Clock
  readonly #log: Log
  #windowStart: number
  #inWindow = 0
  #tally: Tally
  #isFlood = false

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#windowStart = clock.monotonic()
    this.#tally = emptyTally(this.#windowStart)
  }

  note(method: string, host: string, outcome: StrangerOutcome): void {
    const now = this.#clock.monotonic()
    if (now - this.#windowStart >= windowMilliseconds) this.#turn(now)
    const tally = this.#tally
    const name = namedMethods.has(method) ? method : 'other'
    tally.requests++
    tally.methods.set(name, (tally.methods.get(name) ?? 0) + 1)
    tally.newestHost = host
    if (outcome === 'no room') tally.withoutRoom++
    this.#inWindow++
    if (this.#isFlood || this.#inWindow < floodRequests) return
    this.#isFlood = true
    this.#log.warn(
      describe(tally, now),
      'flood of SIP requests from strangers; they are answered without keeping anything',
    )
  }

  /** Nothing waits for the end of a window: it is looked at when the next request comes. */
  #turn(now: number): void {
    const isOver = this.#inWindow < floodRequests || now - this.#windowStart >= 2 * windowMilliseconds
    if (this.#isFlood && isOver) {
      this.#log.warn(describe(this.#tally, now), 'the flood of SIP requests from strangers is over')
      this.#isFlood = false
    }
    if (!this.#isFlood) this.#tally = emptyTally(now)
    this.#windowStart = now
    this.#inWindow = 0
  }
}

const emptyTally = (since: number): Tally => ({
  since,
  requests: 0,
  withoutRoom: 0,
  methods: new Map(),
  newestHost: '',
})

const describe = ({ since, requests, withoutRoom, methods, newestHost }: Tally, now: number) => ({
  requests,
  seconds: Math.round((now - since) / 100) / 10,
  methods: Object.fromEntries(methods),
  withoutRoom,
  newestHost,
})
