import type { EndCause } from '../../src/call/end-cause.ts'

/** What a phone, or a carrier, does with every call that reaches it; all times in milliseconds. Without a word it is dead. */
export interface PhoneScript {
  /** From the call's arrival until it says that it rings. */
  readonly rings?: number
  /** From the call's arrival until something is heard of it, though nobody has picked up. */
  readonly speaks?: number
  /** From the call's arrival until it is picked up. */
  readonly answers?: number
  /** From the call's arrival until it is refused, and what as. */
  readonly refuses?: { readonly after: number; readonly as: EndCause; readonly forwardTo?: string }
  /** From its answer until it holds the call, and until it takes it back. */
  readonly holds?: number
  readonly resumes?: number
  /** From its answer until it hangs up. */
  readonly hangsUp?: number
}
