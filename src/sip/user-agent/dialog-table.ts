import { Dialog } from '../dialog/dialog.ts'
import type { DialogUsage } from './dialog-usage.ts'

/** Every dialog of this user agent, by Call-ID and tags (RFC 3261 section 12). */
export class DialogTable {
  readonly #usages = new Map<string, DialogUsage>()

  get size(): number {
    return this.#usages.size
  }

  find(callId: string, localTag: string, remoteTag: string): DialogUsage | undefined {
    return this.#usages.get(Dialog.id(callId, localTag, remoteTag))
  }

  add(dialog: Dialog, usage: DialogUsage): void {
    this.#usages.set(dialog.id, usage)
  }

  /** Removes the dialog if it still belongs to `usage`. */
  remove(dialog: Dialog, usage: DialogUsage): void {
    if (this.#usages.get(dialog.id) === usage) this.#usages.delete(dialog.id)
  }

  usages(): DialogUsage[] {
    return [...this.#usages.values()]
  }
}
