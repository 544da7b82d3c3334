import type { RefusalCode } from '../call/refusal.ts'

/** The verdict of one policy: `reason` is the refusal's code, `message` a sentence for a person. */
export type Decision<Reason extends RefusalCode = RefusalCode> =
  | { readonly decision: 'allow' }
  | { readonly decision: 'deny'; readonly reason: Reason; readonly message: string }

export const allow: { readonly decision: 'allow' } = { decision: 'allow' }

export const deny = <Reason extends RefusalCode>(reason: Reason, message: string): Decision<Reason> => ({
  decision: 'deny',
  reason,
  message,
})
