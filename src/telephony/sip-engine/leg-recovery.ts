import type { LegRecovery } from '../../call/call-event.ts'
import type { DialogSnapshot } from '../../sip/dialog/dialog-snapshot.ts'
import type { InviteRecoveryRecord } from '../../sip/user-agent/invite-recovery.ts'
import type { UserAgent } from '../../sip/user-agent/user-agent.ts'

export const driverName = 'sip-engine'

/** What the log holds of a leg of ours; JSON, no secret. */
type RecoveryData =
  | { readonly kind: 'invites'; readonly invites: readonly InviteRecoveryRecord[] }
  | { readonly kind: 'dialog'; readonly dialog: DialogSnapshot }

export const recoverInvites = (invites: readonly InviteRecoveryRecord[]): LegRecovery => ({
  driver: driverName,
  data: { kind: 'invites', invites } satisfies RecoveryData,
})

export const recoverDialog = (dialog: DialogSnapshot): LegRecovery => ({
  driver: driverName,
  data: { kind: 'dialog', dialog } satisfies RecoveryData,
})

/** Ends a leg that a dead process left behind: BYE where it was answered, CANCEL (and BYE, if it answered since) where not. */
export async function endRecovered(recovery: LegRecovery, userAgent: UserAgent): Promise<void> {
  if (recovery.driver !== driverName) return
  const data = recovery.data as RecoveryData
  if (data.kind === 'dialog') return userAgent.recoverDialog(data.dialog)
  await Promise.all(data.invites.map((invite) => userAgent.recoverInvite(invite)))
}
