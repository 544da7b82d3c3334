import type { PhoneCall } from './loopback-phones.ts'
import type { AcknowledgedCall } from './persistent-client.ts'
import type { LoggedCall, LoggedEvent } from './read-call-log.ts'

/**
 * Every breach, in words, of what a server owes to its calls across crashes: what was acknowledged is kept, each call ends once and
 * has one CDR, nobody is dialled twice, and nothing was on the wire that the log does not hold.
 */
export function findCrashFaults(
  log: readonly LoggedCall[],
  acknowledged: ReadonlyMap<string, AcknowledgedCall>,
  phoneCalls: Iterable<PhoneCall>,
): readonly string[] {
  return [
    ...log.flatMap(findFaultsOfCall),
    ...findLostCalls(log, acknowledged),
    ...findWireFaults(log, [...phoneCalls]),
  ]
}

function findFaultsOfCall(call: LoggedCall): readonly string[] {
  const { id, events, dueAt } = call
  const of = (type: string, leg?: string): readonly LoggedEvent[] =>
    events.filter((event) => event.type === type && (leg === undefined || event.leg === leg))
  const faults: string[] = []
  const require = (isSo: boolean, fault: string): void => {
    if (!isSo)
      faults.push(`${id}: ${fault} (${events.map(({ type, leg = '' }) => `${type} ${leg}`.trim()).join(', ')})`)
  }
  require(events[0]?.type === 'call.accepted' && of('call.accepted').length === 1, 'was not accepted once')
  require(of('call.ended').length === 1 && events.at(-1)?.type === 'call.ended', 'did not end once, and last')
  require(call.endCause !== null && call.endedAt !== null && call.legRows === 2, 'has no whole CDR')
  for (const leg of ['first', 'second']) {
    const dialled = of('leg.dialled', leg).length
    require(dialled <= 1, `its ${leg} leg was dialled ${dialled} times`)
    require(of('leg.answered', leg).length <= dialled, `its ${leg} leg was answered, and not dialled`)
    // Before the log knew a leg, there was none to end.
    require(of('leg.ended', leg).length >= dialled, `its ${leg} leg was dialled, and did not end`)
  }
  require(of('leg.dialled', 'second').length <=
    of('leg.answered', 'first').length, 'rang the second before the first answered')
  const early = dueAt !== null && of('leg.dialled').some(({ at }) => at < dueAt)
  require(!early, 'was dialled before it was due')
  return faults
}

function findLostCalls(
  log: readonly LoggedCall[],
  acknowledged: ReadonlyMap<string, AcknowledgedCall>,
): readonly string[] {
  const byKey = Map.groupBy(log, ({ request }) => request.externalId ?? '')
  const repeated = [...byKey]
    .filter(([, calls]) => calls.length > 1)
    .map(([key]) => `${key} was accepted more than once`)
  const lost = [...acknowledged].filter(([key, { id }]) => byKey.get(key)?.[0]?.id !== id)
  return [...repeated, ...lost.map(([key, { id }]) => `${key} was acknowledged as ${id}, which is not in the log`)]
}

function findWireFaults(log: readonly LoggedCall[], phoneCalls: readonly PhoneCall[]): readonly string[] {
  const dialled = log.flatMap(({ request, events }) =>
    events.flatMap(({ type, leg }) => (type === 'leg.dialled' && leg !== undefined ? numberOf(request[leg]) : [])),
  )
  const logged = new Set(dialled)
  const faults: string[] = []
  for (const [number, calls] of Map.groupBy(phoneCalls, (call) => call.number)) {
    if (calls.length > 1) faults.push(`${number} was dialled ${calls.length} times`)
    if (!logged.has(number)) faults.push(`${number} was dialled, and the log does not hold it`)
    for (const { state } of calls) {
      if (state !== 'over') faults.push(`${number} is still ${state}`)
    }
  }
  return faults
}

/** Of a leg by trunk the number that is dialled, of one by line the number that it is shown. */
const numberOf = ({ target, callerId }: LoggedCall['request']['first']): string =>
  target.kind === 'number' ? target.value : (callerId?.number ?? '')
