import { isDeepStrictEqual } from 'node:util'
import type { CallLog } from './call-log.ts'
import { type PostWebhook, Webhook, type WebhookContext, type WebhookTarget } from './webhook.ts'

/** Every address that is told of events; exchanged as a whole when the directory is. */
export class Webhooks {
  readonly #context: WebhookContext
  readonly #callLog: CallLog
  #byAccount: ReadonlyMap<string, readonly Webhook[]> = new Map()
  #unfollow: (() => void) | undefined

  constructor(context: WebhookContext, callLog: CallLog) {
    this.#context = context
    this.#callLog = callLog
  }

  /** Goes on with those that stay, stops those that are gone, begins with those that are new. */
  async replace(targets: readonly WebhookTarget[]): Promise<void> {
    const before = [...this.#byAccount.values()].flat()
    const kept = targets.map(
      (target) =>
        before.find((webhook) => isDeepStrictEqual(webhook.target, target)) ?? new Webhook(target, this.#context),
    )
    this.#byAccount = Map.groupBy(kept, ({ target }) => target.account)
    await Promise.all(before.filter((webhook) => !kept.includes(webhook)).map((webhook) => webhook.stop()))
    await this.#context.subscribers.retain(kept.map(({ name }) => name))
    // What happened while nobody was told (before a restart) is told now.
    for (const webhook of kept) webhook.wake()
    if (kept.length === 0) this.#stopFollowing()
    else this.#unfollow ??= this.#follow()
  }

  async stop(): Promise<void> {
    this.#stopFollowing()
    await Promise.all([...this.#byAccount.values()].flat().map((webhook) => webhook.stop()))
  }

  #follow(): () => void {
    /** Whose a live call is: only its first event says so. */
    const accounts = new Map<string, string>()
    return this.#callLog.followAll((event) => {
      if (event.type === 'call.accepted') accounts.set(event.callId, event.request.account)
      const account = accounts.get(event.callId)
      if (event.type === 'call.ended') accounts.delete(event.callId)
      // A call of the process before, or from before somebody was told: whose it is stands in the log.
      const concerned =
        account === undefined ? [...this.#byAccount.values()].flat() : (this.#byAccount.get(account) ?? [])
      for (const webhook of concerned) webhook.wake()
    })
  }

  #stopFollowing(): void {
    this.#unfollow?.()
    this.#unfollow = undefined
  }
}

/** Redirects are not followed: where events go is the configuration's to say. */
export const postByFetch: PostWebhook = async (url, { contentType, body }, signal) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': contentType, 'user-agent': 'Cordboard' },
    body,
    redirect: 'manual',
    signal,
  })
  await response.body?.cancel()
  return response.status
}
