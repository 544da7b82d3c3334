/**
 * Who holds how many of the places that all share. As long as there are enough, one host may have them all, as a proxy does. A
 * newcomer that finds none gets one of the host that has most.
 */
export class ConnectionShares<Holder> {
  /** Of each host, the one that was used longest ago first. */
  readonly #byHost = new Map<string, Set<Holder>>()
  readonly #hosts = new Map<Holder, string>()

  get size(): number {
    return this.#hosts.size
  }

  add(holder: Holder, host: string): void {
    this.#hosts.set(holder, host)
    const beside = this.#byHost.get(host) ?? new Set<Holder>()
    this.#byHost.set(host, beside.add(holder))
  }

  /** The second time nothing happens. */
  remove(holder: Holder): void {
    const host = this.#hosts.get(holder)
    if (host === undefined) return
    this.#hosts.delete(holder)
    const beside = this.#byHost.get(host)
    beside?.delete(holder)
    if (beside?.size === 0) this.#byHost.delete(host)
  }

  /** It was used just now. */
  touch(holder: Holder): void {
    const host = this.#hosts.get(holder)
    const beside = host === undefined ? undefined : this.#byHost.get(host)
    if (beside?.delete(holder) === true) beside.add(holder)
  }

  /** Whose place a newcomer of `host` gets: that of the greatest host which has been idle longest. Undefined where none is idle. */
  choose(
    host: string,
    isIdle: (holder: Holder) => boolean,
  ): { readonly holder: Holder; readonly host: string } | undefined {
    let greatest = host
    let most = this.#byHost.get(host)?.size ?? 0
    for (const [other, { size }] of this.#byHost) {
      if (size <= most) continue
      greatest = other
      most = size
    }
    for (const holder of this.#byHost.get(greatest) ?? []) if (isIdle(holder)) return { holder, host: greatest }
    return undefined
  }
}
