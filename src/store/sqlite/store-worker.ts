import { parentPort, workerData } from 'node:worker_threads'
import { StoreError } from '../store-error.ts'
import type { StoreReply, StoreRequest } from '../store-operation.ts'
import { openDatabase } from './open-database.ts'
import { SqliteOperations } from './sqlite-operations.ts'

/** What the worker says: once that it is open (or why not), then an answer to every batch. */
export type WorkerMessage =
  | { readonly type: 'open' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'done'; readonly replies: readonly StoreReply[] }

export type WorkerCommand =
  | { readonly type: 'batch'; readonly requests: readonly StoreRequest[] }
  | { readonly type: 'close' }

const { file } = workerData as { readonly file: string }
const port = parentPort
if (port === null) throw new Error('store-worker.ts runs in a worker thread')
const say = (message: WorkerMessage) => port.postMessage(message)
const fail = (error: unknown) => {
  const { code, message } = error instanceof StoreError ? error : new StoreError('broken', String(error))
  say({ type: 'failed', code, message })
}

try {
  const operations = new SqliteOperations(openDatabase(file), file)
  port.on('message', (command: WorkerCommand) => {
    try {
      if (command.type === 'batch') return say({ type: 'done', replies: operations.runBatch(command.requests) })
      operations.close()
      port.close()
    } catch (error) {
      fail(error)
    }
  })
  say({ type: 'open' })
} catch (error) {
  fail(error)
}
