import type { ApiSession, WantedCall } from '../../access/api-session.ts'
import type { CallerId, LegRequest, LegTarget } from '../../call/call-request.ts'
import { readDialled } from '../../call/read-dialled.ts'
import { readCustomer } from './customers.ts'
import type { ParameterReader } from './parameter-reader.ts'
import { parseCallerId } from './parse-caller-id.ts'

export interface ParsedCallRequest {
  readonly request: WantedCall
  /** How long the client waits for the call's identifiers; 0 if it does not ask for them. */
  readonly waitSeconds: number
}

/** A call may be put off for a year; a request may wait for an hour. Both are ours. */
const longestDelaySeconds = 31_536_000
const longestWaitSeconds = 3600
const highestId = 4_294_967_295

/** The vendor's words into the canonical request; undefined if the reader has noted a fault. */
export function parseCallRequest(
  reader: ParameterReader,
  session: Pick<ApiSession, 'account' | 'findAccount'>,
): ParsedCallRequest | undefined {
  const first = readLeg(reader, 1, readTarget(reader, reader.choice('stype', ['phone']), 'snumber'))
  const second = readLeg(reader, 2, readTarget(reader, reader.choice('ctype', destinationTypes), 'cnumber'))
  // An account has one dial plan for its lines and its API, so that there is nothing to convert.
  reader.choice('cdialplan', ['auto'])
  const account = readCustomer(reader, session)
  const card = reader.text('card')
  const recordGroup = reader.integer('recordgroup', highestId) ?? 0
  const noForwards = reader.flag('noforwards') ?? false
  const delaySeconds = reader.integer('delay', longestDelaySeconds) ?? 0
  const waitSeconds = readWait(reader, delaySeconds)
  if (first === undefined || second === undefined || account === undefined || reader.faults.length > 0) return undefined
  const request: WantedCall = {
    account,
    first,
    second,
    delaySeconds,
    ...(card === undefined ? {} : { card }),
    ...(recordGroup === 0 ? {} : { recordGroup }),
    ...(noForwards ? { noForwards } : {}),
    variables: {},
  }
  return { request, waitSeconds }
}

/** What `ctype` may name; a row of `calls/active/list` and `cdrs/list` has the same in `dtype`. */
export const destinationTypes = ['phone', 'queue', 'external'] as const

const targetKinds = { phone: 'line', external: 'number' } as const

/** A number without a type is whatever the customer's phones could dial: a line, a feature code, an outside number. */
export function readTarget(
  reader: ParameterReader,
  type: (typeof destinationTypes)[number] | undefined,
  name: 'snumber' | 'cnumber',
): LegTarget | undefined {
  const value = reader.required(name)
  if (value === undefined) return undefined
  // A queue goes by its number or its name.
  if (type === 'queue') return { kind: 'queue', value }
  const read = readDialled(value)
  if ('text' in read) return { kind: type === undefined ? 'dial' : targetKinds[type], value: read.text }
  if (read.fault.kind === 'not-a-number') {
    return reader.fail(name, 'must be a telephone number, a line or a feature code')
  }
  reader.note({ code: '400', key: name, message: read.fault.message })
  return undefined
}

function readLeg(reader: ParameterReader, party: 1 | 2, target: LegTarget | undefined): LegRequest | undefined {
  const autoAnswer = reader.flag(`answer${party}`) ?? false
  const callerId = readCallerId(reader, `callerid${party}`)
  const screen = reader.flag(`screen${party}`) ?? false
  const mayWarn = reader.flag(`warn${party}`) ?? true
  return (
    target && {
      target,
      ...(autoAnswer ? { autoAnswer } : {}),
      ...(callerId === undefined ? {} : { callerId, ownCallerId: true }),
      ...(screen ? { screen: 'required' } : {}),
      // The vendor's default, which many clients send along: no call is refused for want of it.
      ...(mayWarn ? { warnBeforeCutOff: 'preferred' } : {}),
    }
  )
}

function readCallerId(reader: ParameterReader, name: string): CallerId | undefined {
  const text = reader.text(name)
  return text === undefined
    ? undefined
    : (parseCallerId(text) ?? reader.fail(name, 'must be a number, or a name and a number: Name <number>'))
}

function readWait(reader: ParameterReader, delaySeconds: number): number {
  const waitSeconds = reader.integer('wait', longestWaitSeconds) ?? 0
  if (waitSeconds > 0 && waitSeconds <= delaySeconds) reader.fail('wait', 'must be greater than delay')
  return waitSeconds
}
