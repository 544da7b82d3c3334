import assert from 'node:assert/strict'
import type { LegAttempt } from '../../src/call/call.ts'
import type { LegRecovery } from '../../src/call/call-event.ts'
import type { DialRequest, Driver, LegEvent } from '../../src/telephony/driver.ts'
import type { PhoneRegistry } from '../../src/telephony/phone-registry.ts'
import type { PhoneScript } from '../doubles/phone-script.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Phones by line number of the account `acme`, carriers by trunk name; each does what its script says. */
export interface StageScript {
  readonly lines?: Readonly<Record<string, readonly PhoneScript[]>>
  readonly trunks?: Readonly<Record<string, PhoneScript>>
}

/** A driver with phones around it, in virtual time. */
export interface DriverStage {
  readonly driver: Driver
  readonly phones: PhoneRegistry
  readonly clock: VirtualClock
  readonly trunkAddress: (name: string) => string
  /** What a phone (`101/0`, the first of line 101) or a trunk was told: `invite`, `cancel`, `ack` (of its answer), `bye`. */
  heard(phone: string): readonly string[]
  /** Phones that ring or talk. */
  up(): number
  /** Legs, dialogs, transactions, ports: whatever the driver holds for calls. */
  held(): number
  /** kill -9, and a new driver in the dead one's place. */
  crash(): Promise<Driver>
}

export const line = (number: string): DialRequest['destination'] => ({
  kind: 'line',
  line: { account: 'acme', number },
})

export type OpenStage = (script: StageScript) => Promise<DriverStage>

type LegRequest = Partial<DialRequest> & Pick<DialRequest, 'destination'>

const describeAttempt = ({ trunk, line: number, cause }: LegAttempt): string =>
  `${trunk === undefined ? `line ${number}` : `trunk ${trunk}`}: ${cause ?? 'answered'}`

/** A stage of its own for a test, and what the tests do on it. */
export async function openScene(open: OpenStage, script: StageScript) {
  const stage = await open(script)
  const dial = (more: LegRequest) => {
    const events: LegEvent[] = []
    const recoveries: LegRecovery[] = []
    const answered: LegAttempt[] = []
    const handle = stage.driver.dial(
      {
        callId: 'call-1',
        leg: 'first',
        callerId: { number: '102' },
        autoAnswer: false,
        ringSeconds: 20,
        ...more,
        journal: async (moment, recovery, attempt) => {
          if (moment === 'answered' && attempt !== undefined) answered.push(attempt)
          recoveries.push(JSON.parse(JSON.stringify(recovery)))
          await more.journal?.(moment, recovery, attempt)
        },
      },
      (event) => void events.push(event),
    )
    assert.equal(events.length, 0, 'events come after dial has returned')
    /** What the leg told of itself; of its attempts `attempts` tells. */
    const story = () =>
      events
        .filter(({ type }) => type !== 'attempt-ended')
        .map((event) => (event.type === 'ended' ? `ended:${event.cause}` : event.type))
    /** Who came to nothing, and who answered: `line 101: busy`, `trunk one: answered`. */
    const attempts = () => [
      ...events.flatMap((event) => (event.type === 'attempt-ended' ? describeAttempt(event.attempt) : [])),
      ...answered.map(describeAttempt),
    ]
    return { handle, events, recoveries, story, attempts }
  }
  const trunks = (...names: readonly string[]): DialRequest['destination'] => ({
    kind: 'trunk',
    number: '0412345678',
    trunks: names.map((trunk) => ({ name: trunk, address: stage.trunkAddress(trunk) })),
  })
  /** Everything has had its time: nobody rings or talks, nothing is held. */
  const assertNothingLeft = async (): Promise<void> => {
    await stage.clock.advance(70_000)
    assert.equal(stage.up(), 0, 'phones that ring or talk')
    assert.equal(stage.held(), 0, 'what the driver holds')
  }
  return { ...stage, dial, trunks, assertNothingLeft }
}

/** A scene with one leg to line 101. */
export async function openSceneWithLeg(
  open: OpenStage,
  script: StageScript,
  journal: DialRequest['journal'] = () => Promise.resolve(),
  ringSeconds = 20,
) {
  const scene = await openScene(open, script)
  return { ...scene, leg: scene.dial({ destination: line('101'), journal, ringSeconds }) }
}
