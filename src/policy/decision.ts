import type { RefusalCode } from '../call/refusal.ts'

/** The verdict of one policy: `reason` is the refusal's code, `message` a sentence for a person. */
export type Decision<Allowed = object> =
  | ({ readonly decision: 'allow' } & Allowed)
  | { readonly decision: 'deny'; readonly reason: RefusalCode | 'permission-missing'; readonly message: string }
