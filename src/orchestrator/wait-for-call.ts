import type { Call } from '../call/call.ts'
import type { CallEventType, LoggedCallEvent } from '../call/call-event.ts'
import type { WaitCondition } from '../call/call-service.ts'
import type { Clock } from '../clock.ts'
import type { CallLog } from '../events/call-log.ts'

/** The event that satisfies each wait; `call.ended` satisfies them all. */
const awaited: Readonly<Record<WaitCondition, (event: LoggedCallEvent) => boolean>> = {
  accepted: () => true,
  ringing: (event) => event.type === 'leg.ringing' && event.leg === 'first',
  answered: (event) => event.type === 'leg.answered' && event.leg === 'first',
  bridged: isOfType('call.bridged'),
  ended: isOfType('call.ended'),
}

function isOfType(type: CallEventType): (event: LoggedCallEvent) => boolean {
  return (event) => event.type === type
}

export function hasComeTo(condition: WaitCondition, call: Call): boolean {
  if (call.state === 'ended') return true
  switch (condition) {
    case 'accepted':
      return true
    case 'ringing':
      return call.legs.first.ringingAt !== undefined || call.legs.first.answeredAt !== undefined
    case 'answered':
      return call.legs.first.answeredAt !== undefined
    case 'bridged':
      return call.bridgedAt !== undefined
    case 'ended':
      return false
  }
}

/**
 * Resolves when the call has come to `condition`, has ended, `milliseconds` have passed, or `signal` aborts. A wait is one
 * listener and one timer; the listener is there before the state is read, so that nothing is missed in between.
 */
export function waitForCall(
  id: string,
  condition: WaitCondition,
  milliseconds: number,
  signal: AbortSignal | undefined,
  context: {
    readonly callLog: CallLog
    readonly clock: Clock
    readonly read: (id: string) => Promise<Call | undefined>
  },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      stopFollowing()
      context.clock.clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const stopFollowing = context.callLog.follow(id, (event) => {
      if (event.type === 'call.ended' || awaited[condition](event)) finish()
    })
    const timer = context.clock.setTimeout(finish, milliseconds)
    signal?.addEventListener('abort', finish, { once: true })
    if (signal?.aborted) return finish()
    context.read(id).then(
      (call) => {
        if (call === undefined || hasComeTo(condition, call)) finish()
      },
      (error: unknown) => {
        finish()
        reject(error)
      },
    )
  })
}
