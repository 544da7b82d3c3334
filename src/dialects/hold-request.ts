import type { FastifyReply } from 'fastify'
import type { Call } from '../call/call.ts'
import type { WaitCondition } from '../call/call-service.ts'
import type { Caller, CallPermission, DialectContext } from './dialect.ts'
import { originOf } from './origin-of.ts'
import { maySeeCall } from './visible-calls.ts'

/** Why a request is held open: somebody who may do this wants to hear of what it may see. */
export interface Holding {
  readonly caller: Caller
  readonly permission: CallPermission
  /** Whether the caller, as it is now, may still see it. */
  readonly maySee: (now: Caller) => boolean
}

export interface HeldRequest {
  /** Aborts when the client has gone, the server is going, or the caller may no longer do what it does. */
  readonly signal: AbortSignal
  /** Aborts in the last of these cases alone. */
  readonly withdrawn: AbortSignal
}

/** For a request that goes on after it was allowed: it ends when its credential, permission or view of the call is taken away. */
export function holdRequest(
  reply: FastifyReply,
  { caller, permission, maySee }: Holding,
  context: DialectContext,
): HeldRequest {
  const { withdrawn, release } = context.holdAccess(caller, {
    permission,
    from: originOf(reply.request),
    maySee,
  })
  const gone = new AbortController()
  const leave = () => {
    gone.abort()
    release()
  }
  // Who went while the call was placed is not told of again.
  if (reply.raw.destroyed) leave()
  else reply.raw.once('close', leave)
  return { signal: AbortSignal.any([gone.signal, context.closing, withdrawn]), withdrawn }
}

/**
 * Waits for a call on a client's behalf, as long as the client is there, the server is up and the caller may ask for it. A client that
 * goes ends its own wait; the call is left to itself. Undefined if the caller may not know any longer.
 */
export async function waitForCaller(
  reply: FastifyReply,
  {
    call: { id, account, request },
    ...asked
  }: Omit<Holding, 'maySee'> & { readonly call: Pick<Call, 'id' | 'account' | 'request'> },
  wait: { readonly for: WaitCondition; readonly milliseconds: number },
  context: DialectContext,
): Promise<Call | undefined> {
  const { signal, withdrawn } = holdRequest(
    reply,
    { ...asked, maySee: (now) => maySeeCall(now, { account, request }, context) },
    context,
  )
  const call = await context.calls.waitFor(id, wait.for, wait.milliseconds, signal)
  return withdrawn.aborted ? undefined : call
}
