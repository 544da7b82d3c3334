interface Entry<Value> {
  readonly key: string
  value: Value
  older: Entry<Value> | undefined
  newer: Entry<Value> | undefined
}

/**
 * A map that knows its oldest entry. A `Map` keeps the order of its keys too, but to ask it for the first one walks over every place
 * that a deleted key has left: up to 50 µs for each new key in a full table. Here everything costs the same at any size.
 */
export class OldestFirstMap<Value> {
  readonly #entries = new Map<string, Entry<Value>>()
  #oldest: Entry<Value> | undefined
  #newest: Entry<Value> | undefined

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** The entry is the newest now, also if it was there before. */
  set(key: string, value: Value): void {
    const known = this.#entries.get(key)
    if (known !== undefined) this.#unlink(known)
    const entry = known ?? { key, value, older: undefined, newer: undefined }
    entry.value = value
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
    if (known === undefined) this.#entries.set(key, entry)
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#unlink(entry)
    this.#entries.delete(key)
  }

  /** Lets the oldest entries go, until no more than `most` are left. */
  keep(most: number): void {
    while (this.#oldest !== undefined && this.size > most) this.delete(this.#oldest.key)
  }

  /** The entry that was set longest ago. */
  get oldest(): { readonly key: string; readonly value: Value } | undefined {
    return this.#oldest
  }

  #unlink({ older, newer }: Entry<Value>): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
