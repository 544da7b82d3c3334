import { Worker } from 'node:worker_threads'
import { StoreError } from '../store-error.ts'
import type { StoreHealth } from '../store-health.ts'
import type { Command, Opening, Reply, WorkerStart } from './command.ts'
import { readOnly } from './group-commit.ts'

interface Waiting {
  readonly isWrite: boolean
  resolve(value: unknown): void
  reject(error: StoreError): void
}

/**
 * The main thread's end of the store's worker. What is asked for in one turn of the event loop crosses in one message; the
 * answers come in the order of the questions.
 */
export class WorkerClient {
  readonly migrated: readonly string[]
  readonly #worker: Worker
  readonly #onBroken: (error: StoreError) => void
  /** Told of every write. */
  health: Pick<StoreHealth, 'worked' | 'failed'> | undefined
  #outgoing: Command[] = []
  /** Oldest first, from `#answered` on. */
  #waiting: Waiting[] = []
  #answered = 0
  #refusal: StoreError | undefined
  #closing: Promise<void> | undefined
  readonly #exited: Promise<void>

  private constructor(worker: Worker, migrated: readonly string[], onBroken: (error: StoreError) => void) {
    this.#worker = worker
    this.migrated = migrated
    this.#onBroken = onBroken
    worker.on('message', (reply: Reply) => this.#settle(reply))
    worker.on('error', (error) => this.#fail(error instanceof Error ? error.message : String(error)))
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        if (this.#closing === undefined) this.#fail('its thread ended')
        this.#rejectWaiting(new StoreError('closed', 'The store was closed before it came to this.'))
        resolve()
      })
    })
  }

  /** Starts the thread and opens the database; rejects with the worker's own {@link StoreError}. */
  static async open(
    start: WorkerStart,
    onBroken: (error: StoreError) => void,
    thread = new URL('./worker.ts', import.meta.url),
  ): Promise<WorkerClient> {
    const worker = new Worker(thread, { workerData: start })
    const opening = await new Promise<Opening>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    worker.removeAllListeners('error')
    if (!opening.opened) {
      await worker.terminate()
      throw new StoreError(opening.code, opening.message)
    }
    return new WorkerClient(worker, opening.migrated, onBroken)
  }

  request(command: Command): Promise<unknown> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, isWrite: !readOnly.has(command[0]) })
      // The check phase comes right after the packets and requests of this turn were read: no timer, no added wait.
      if (this.#outgoing.push(command) === 1) setImmediate(() => this.#flush())
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #flush(): void {
    if (this.#outgoing.length === 0) return
    const commands = this.#outgoing
    this.#outgoing = []
    this.#worker.postMessage(commands)
  }

  #close(): Promise<void> {
    this.#refusal ??= new StoreError('closed', 'The store is closed.')
    this.#flush()
    this.#worker.postMessage(null)
    return this.#exited
  }

  #settle({ values, errors }: Reply): void {
    const start = this.#answered
    this.#answered += values.length
    const failures = new Map(errors?.map(([index, code, message]) => [index, new StoreError(code, message)]))
    for (const [index, value] of values.entries()) {
      const waiting = this.#waiting[start + index]
      const failure = failures.get(index)
      if (waiting?.isWrite) this.#tellHealth(failure)
      if (failure === undefined) waiting?.resolve(value)
      else waiting?.reject(failure)
    }
    // Dropping the answered ones now and then keeps the queue short at little cost.
    if (this.#answered === this.#waiting.length || this.#answered > 1024) {
      this.#waiting = this.#waiting.slice(this.#answered)
      this.#answered = 0
    }
  }

  #tellHealth(failure: StoreError | undefined): void {
    if (failure === undefined) this.health?.worked()
    else if (failure.isPassing) this.health?.failed(failure)
  }

  #fail(reason: string): void {
    if (this.#refusal?.code === 'broken') return
    const error = new StoreError('broken', `The store has stopped working: ${reason}`)
    this.#refusal = error
    this.health?.failed(error)
    this.#rejectWaiting(error)
    this.#onBroken(error)
  }

  #rejectWaiting(error: StoreError): void {
    const waiting = this.#waiting.slice(this.#answered)
    this.#waiting = []
    this.#answered = 0
    for (const { reject } of waiting) reject(error)
  }
}
