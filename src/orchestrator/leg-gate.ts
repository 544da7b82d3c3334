/**
 * Holds a leg back that is dialled ahead of its time: the second party's, whose record is to reach the disk in one commit with the
 * first party's answer. Until that answer counts no INVITE leaves, and nothing that befalls the leg is told; where it never will,
 * the leg is hung up before the gate lets it go.
 */
export class LegGate {
  readonly #decision = Promise.withResolvers<void>()
  #state: 'shut' | 'open' | 'barred' = 'shut'

  get isBarred(): boolean {
    return this.#state === 'barred'
  }

  /** Resolves when it is decided, either way. */
  get decided(): Promise<void> {
    return this.#decision.promise
  }

  open(): void {
    this.#state = 'open'
    this.#decision.resolve()
  }

  bar(): void {
    this.#state = 'barred'
    this.#decision.resolve()
  }

  /** Does it now or as soon as the gate opens, or never. */
  whenOpen(task: () => void): void {
    if (this.#state === 'open') return task()
    void this.decided.then(() => {
      if (this.#state === 'open') task()
    })
  }
}
