import type { Placement } from './place-call.ts'

/** What makes two requests one: an idempotency key with the digest of the request's body. */
export interface PlacementKey {
  readonly account: string
  readonly key: string
  readonly fingerprint: string
}

/**
 * Requests that are being placed at this moment. The log knows a key only when its call is on disk: until then a copy that came a
 * millisecond later would be one call more for every limit. Copies of one request wait for the first and share its outcome. Holds
 * one entry for each request under way, and none afterwards.
 */
export class PlacementsUnderWay {
  readonly #byKey = new Map<string, { readonly fingerprint: string; readonly placement: Promise<Placement> }>()
  readonly #byExternalId = new Map<string, Promise<unknown>>()

  /** Places the call once for all copies under way. A request that only shares the key is placed when the first has its outcome. */
  async once(key: PlacementKey | undefined, place: () => Promise<Placement>): Promise<Placement> {
    if (key === undefined) return place()
    const name = nameOf(key.account, key.key)
    for (let first = this.#byKey.get(name); first !== undefined; first = this.#byKey.get(name)) {
      if (first.fingerprint === key.fingerprint) return asReplay(await first.placement)
      await first.placement.catch(() => undefined)
    }
    const placement = place().finally(() => this.#byKey.delete(name))
    this.#byKey.set(name, { fingerprint: key.fingerprint, placement })
    return placement
  }

  /** Those that carry one external id take turns, so that each finds out whether the one before it has made a call. */
  inTurn(account: string, externalId: string | undefined, place: () => Promise<Placement>): Promise<Placement> {
    if (externalId === undefined) return place()
    const name = nameOf(account, externalId)
    const before = this.#byExternalId.get(name)
    const placement = before === undefined ? place() : before.then(place, place)
    const turn = placement
      .catch(() => undefined)
      .finally(() => {
        if (this.#byExternalId.get(name) === turn) this.#byExternalId.delete(name)
      })
    this.#byExternalId.set(name, turn)
    return placement
  }
}

/** The names of accounts hold no line break. */
const nameOf = (account: string, key: string): string => `${account}\n${key}`

const asReplay = (placement: Placement): Placement =>
  placement.outcome === 'accepted' ? { outcome: 'replayed', callId: placement.callId } : placement
