import type { LegRecovery } from '../../call/call-event.ts'
import type { DialogSnapshot } from '../../sip/dialog/dialog-snapshot.ts'
import type { Credentials } from '../../sip/user-agent/invite-options.ts'
import type { InviteRecoveryRecord } from '../../sip/user-agent/invite-recovery.ts'
import type { UserAgent } from '../../sip/user-agent/user-agent.ts'

export const driverName = 'sip-engine'

/** The trunk that a request went over, by its name: its secret is looked up when it is needed, and is never in the log. */
interface OverTrunk {
  readonly trunk?: string
}

export interface InviteInDoubt extends OverTrunk {
  readonly record: InviteRecoveryRecord
}

export interface AnsweredDialog extends OverTrunk {
  readonly snapshot: DialogSnapshot
}

/** What the log holds of a leg of ours; JSON, no secret. A leg that was answered may have other phones still to be told. */
interface RecoveryData {
  readonly answered?: AnsweredDialog
  readonly invites: readonly InviteInDoubt[]
}

/** What it takes to end the leg: its dialog, if it was answered, and every INVITE that is not known to be over. */
export const legRecovery = (invites: readonly InviteInDoubt[], answered?: AnsweredDialog): LegRecovery => ({
  driver: driverName,
  data: { invites, ...(answered === undefined ? {} : { answered }) } satisfies RecoveryData,
})

/** The digest credentials of a trunk as it is configured now; undefined where it needs none, or is no more. */
export type TrunkCredentials = (trunk: string) => Credentials | undefined

/** Ends a leg that a dead process left behind: BYE where it was answered, CANCEL (and BYE, if it answered since) where not. */
export async function endRecovered(
  recovery: LegRecovery,
  userAgent: UserAgent,
  trunkCredentials: TrunkCredentials,
): Promise<void> {
  if (recovery.driver !== driverName) return
  const { answered, invites } = recovery.data as RecoveryData
  const credentials = ({ trunk }: OverTrunk) => (trunk === undefined ? undefined : trunkCredentials(trunk))
  await Promise.all([
    ...(answered === undefined ? [] : [userAgent.recoverDialog(answered.snapshot, credentials(answered))]),
    ...invites.map((invite) => userAgent.recoverInvite(invite.record, credentials(invite))),
  ])
}
