import { Worker } from 'node:worker_threads'
import type { Clock } from '../../clock.ts'
import type { Store } from '../store.ts'
import { StoreError, type StoreErrorCode } from '../store-error.ts'
import type { StoreOperationName, StoreOperations, StoreReply, StoreRequest } from '../store-operation.ts'
import type { WorkerCommand, WorkerMessage } from './store-worker.ts'

export interface SqliteStoreOptions {
  readonly file: string
  readonly clock: Clock
  /** Called once if the store can write no more; whatever is asked for from then on is rejected. */
  readonly onBroken: (error: StoreError) => void
}

interface Pending {
  readonly request: StoreRequest
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * The worker's other end. Group commit without added delay: what is asked for while a batch is being committed makes up the
 * next one, which leaves as soon as that is done.
 */
class WorkerQueue {
  readonly #worker: Worker
  readonly #onBroken: (error: StoreError) => void
  #waiting: Pending[] = []
  #underway: Pending[] = []
  #flushDue = false
  #broken: StoreError | undefined
  #closed: Promise<void> | undefined
  #onOpen: { resolve: () => void; reject: (error: StoreError) => void } | undefined
  #onDrained: (() => void) | undefined

  constructor(file: string, onBroken: (error: StoreError) => void) {
    this.#onBroken = onBroken
    this.#worker = new Worker(new URL('./store-worker.ts', import.meta.url), { workerData: { file } })
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message))
    this.#worker.on('error', (error: unknown) =>
      this.#break(new StoreError('broken', `The store's thread died: ${String(error)}`)),
    )
    this.#worker.on('exit', () => this.#break(new StoreError('closed', 'The store is closed')))
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onOpen = { resolve, reject }
    })
  }

  ask<Name extends StoreOperationName>(
    name: Name,
    ...args: Parameters<StoreOperations[Name]>
  ): Promise<ReturnType<StoreOperations[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) return reject(this.#broken)
      if (this.#closed !== undefined) return reject(new StoreError('closed', 'The store is closed'))
      this.#waiting.push({ request: { name, args }, resolve: resolve as (value: unknown) => void, reject })
      if (this.#flushDue || this.#underway.length > 0) return
      this.#flushDue = true
      queueMicrotask(() => this.#flush())
    })
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    if (this.#broken !== undefined) return
    if (this.#waiting.length > 0 || this.#underway.length > 0) {
      await new Promise<void>((resolve) => {
        this.#onDrained = resolve
      })
    }
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    this.#post({ type: 'close' })
    await exited
  }

  #post(command: WorkerCommand): void {
    this.#worker.postMessage(command)
  }

  #flush(): void {
    this.#flushDue = false
    if (this.#waiting.length === 0) return this.#onDrained?.()
    this.#underway = this.#waiting
    this.#waiting = []
    this.#post({ type: 'batch', requests: this.#underway.map(({ request }) => request) })
  }

  #receive(message: WorkerMessage): void {
    switch (message.type) {
      case 'open':
        this.#onOpen?.resolve()
        this.#onOpen = undefined
        break
      case 'failed':
        this.#break(new StoreError(message.code as StoreErrorCode, message.message))
        void this.#worker.terminate()
        break
      case 'done':
        this.#settle(message.replies)
        break
    }
  }

  #settle(replies: readonly StoreReply[]): void {
    const settled = this.#underway
    this.#underway = []
    this.#flush()
    for (const [index, { resolve, reject }] of settled.entries()) {
      const reply = replies[index]
      if (reply !== undefined && 'value' in reply) resolve(reply.value)
      else
        reject(new StoreError((reply?.code ?? 'broken') as StoreErrorCode, reply?.error ?? 'No answer from the store'))
    }
  }

  #break(error: StoreError): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    const lost = [...this.#underway, ...this.#waiting]
    this.#underway = []
    this.#waiting = []
    for (const { reject } of lost) reject(error)
    this.#onDrained?.()
    if (this.#onOpen !== undefined) {
      this.#onOpen.reject(error)
      this.#onOpen = undefined
    } else if (this.#closed === undefined) this.#onBroken(error)
  }
}

/** Opens the database in a thread of its own. Rejects with a {@link StoreError} that says what to do. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const queue = new WorkerQueue(options.file, options.onBroken)
  await queue.opened()
  const close = () => queue.close()
  return {
    calls: {
      accept: (events, key) => queue.ask('accept', events, options.clock.now(), key),
      append: (events) => queue.ask('append', events),
      call: (id) => queue.ask('call', id),
      calls: (filter) => queue.ask('calls', filter),
      events: (callId) => queue.ask('events', callId),
      unfinished: () => queue.ask('unfinished'),
      close,
    },
    registrations: {
      apply: (changes) => queue.ask('applyRegistrations', changes),
      load: (now) => queue.ask('loadRegistrations', now),
    },
    directory: {
      load: () => queue.ask('loadDirectory'),
      write: ({ put, remove }) => queue.ask('writeDirectory', put, remove),
    },
    close,
  }
}
