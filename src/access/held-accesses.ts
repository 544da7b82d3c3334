import type { Directory } from '../directory/directory.ts'
import { mayBeUsedFrom } from '../policy/decide-origin.ts'
import { type Asking, type Caller, callerOf, mayAsk } from './caller.ts'

export interface HeldAccess {
  /** Aborts as soon as the credential, or what it needs, has been taken away. */
  readonly withdrawn: AbortSignal
  /** To be called when the request is over. */
  release(): void
}

interface Held {
  readonly isAllowed: () => boolean
  readonly withdrawn: AbortController
}

/**
 * Whoever holds a request open: streams, waits. What they were allowed when they came is asked anew whenever the directory has
 * changed, so that nothing outlives a credential, a permission or a line that was taken away.
 */
export class HeldAccesses {
  readonly #held = new Set<Held>()

  /** `isAllowed` is asked at once too: the directory may have changed while the request was looked at. */
  hold(isAllowed: () => boolean): HeldAccess {
    const held: Held = { isAllowed, withdrawn: new AbortController() }
    if (isAllowed()) this.#held.add(held)
    else held.withdrawn.abort()
    return { withdrawn: held.withdrawn.signal, release: () => void this.#held.delete(held) }
  }

  /** To be called when the directory has changed. */
  recheck(): void {
    for (const held of this.#held) {
      if (held.isAllowed()) continue
      this.#held.delete(held)
      held.withdrawn.abort()
    }
  }

  /** How many are held; for leak checks. */
  get size(): number {
    return this.#held.size
  }
}

/**
 * Whether the credential that was shown is still there, with the same secret, and may ask the same from there; `maySee` says
 * whether what it is told of is still its business.
 */
export function isStillAllowed(
  before: Caller,
  { permissions, from }: Pick<Asking, 'permissions' | 'from'>,
  directory: Directory,
  maySee: (now: Caller) => boolean,
): boolean {
  const credential = directory
    .listCredentials(before.account)
    .find((one) => one.kind === before.kind && one.name === before.name && one.secretId === before.secretId)
  const account = directory.account(before.account)
  if (credential === undefined || account === undefined) return false
  const now = callerOf(credential, directory)
  return mayAsk(now, permissions) && mayBeUsedFrom(account, from) && maySee(now)
}
