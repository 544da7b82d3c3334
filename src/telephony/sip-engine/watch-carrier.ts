import type { SipResponse } from '../../sip/message/message.ts'
import type { InviteHandler } from '../../sip/user-agent/invite-options.ts'
import type { TrunkAddress } from '../driver.ts'
import type { TrunkHealth } from './trunk-health.ts'

/** The handler of an INVITE over a trunk, which tells the trunk's health beside that whether the carrier is there. */
export function watchCarrier(
  handler: InviteHandler,
  trunk: TrunkAddress | undefined,
  health: Pick<TrunkHealth, 'heard' | 'unreachable'>,
): InviteHandler {
  if (trunk === undefined) return handler
  let isHeard = false
  return {
    ...handler,
    onHeard(response) {
      isHeard = true
      health.heard(trunk, retryAfterSeconds(response))
    },
    onSilence() {
      health.unreachable(trunk, 'no response')
      handler.onSilence?.()
    },
    onFailed(failure) {
      const isUnanswered = failure.response === undefined && (failure.status === 408 || failure.status === 503)
      if (isUnanswered && !isHeard) health.unreachable(trunk, failure.reason)
      handler.onFailed(failure)
    },
  }
}

/** RFC 3261 sections 20.33 and 21.5.4: only a 503 speaks of the carrier as a whole. A comment or a duration may follow the number. */
function retryAfterSeconds({ status, headers }: SipResponse): number {
  const seconds = status === 503 ? /^\s*(\d{1,9})\b/.exec(headers.get('Retry-After') ?? '')?.[1] : undefined
  return Number(seconds ?? 0)
}
