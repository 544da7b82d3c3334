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
