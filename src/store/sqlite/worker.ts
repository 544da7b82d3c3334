import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { StoreError } from '../store-error.ts'
import { CallReader } from './call-reader.ts'
import { CallWriter } from './call-writer.ts'
import type { Command, Opening, WorkerStart } from './command.ts'
import { DirectoryRows } from './directory-rows.ts'
import { FileWatch } from './file-watch.ts'
import { GroupCommit } from './group-commit.ts'
import { type OpenDatabase, openDatabase } from './open-database.ts'
import { RegistrationRows } from './registration-rows.ts'
import { describeSqliteFailure } from './sqlite-failure.ts'
import { Statements } from './statements.ts'
import { SubscriberRows } from './subscriber-rows.ts'

/** The thread that owns the database. Commands come in arrays; `null` asks it to close. */
type Message = readonly Command[] | null

async function main(port: MessagePort, { path, node }: WorkerStart): Promise<void> {
  let open: OpenDatabase
  try {
    open = await openDatabase(path)
  } catch (error) {
    const { code, message } = describeSqliteFailure(error, path)
    port.postMessage({ opened: false, code, message } satisfies Opening)
    return
  }
  const watch = new FileWatch(path)
  const groupCommit = new GroupCommit({
    database: open.database,
    execute: createExecutor(new Statements(open.database, open.kysely), open.database, node),
    describeFailure: (error) => describeSqliteFailure(error, path),
    requireKept: () => watch.requireSame(),
  })
  port.on('message', (first: Message) => {
    const { commands, close } = takeWaiting(port, first)
    const reply = groupCommit.run(commands)
    port.postMessage(reply)
    const broken = reply.errors?.find(([, code]) => code === 'broken')
    // After a failed fsync nobody knows what is on disk: only a restart, which reads it again, can tell.
    if (broken !== undefined) throw new StoreError('broken', broken[2])
    if (close) {
      open.close()
      port.close()
    }
  })
  port.postMessage({ opened: true, migrated: open.migrated } satisfies Opening)
}

/** Everything that has gathered while the commit before ran is one group. */
function takeWaiting(port: MessagePort, first: Message): { commands: readonly Command[]; close: boolean } {
  const commands: Command[] = []
  let message: Message = first
  while (message !== null) {
    commands.push(...message)
    const next = receiveMessageOnPort(port) as { message: Message } | undefined
    if (next === undefined) return { commands, close: false }
    message = next.message
  }
  return { commands, close: true }
}

function createExecutor(statements: Statements, database: DatabaseSync, node: number): (command: Command) => unknown {
  const writer = new CallWriter(statements, node)
  const reader = new CallReader(statements, node)
  const registrations = new RegistrationRows(statements)
  const directory = new DirectoryRows(statements)
  const subscribers = new SubscriberRows(statements)
  return (command) => {
    switch (command[0]) {
      case 'accept':
        return writer.accept(command[1], command[2], command[3])
      case 'find-replay':
        return writer.findReplay(command[1], command[2])
      case 'append':
        return writer.append(command[1])
      case 'call':
        return JSON.stringify(reader.call(command[1]))
      case 'calls':
        return JSON.stringify(reader.calls(command[1]))
      case 'events':
        return JSON.stringify(reader.events(command[1]))
      case 'unfinished':
        return JSON.stringify(reader.unfinished())
      case 'live-elsewhere':
        return reader.liveElsewhere()
      case 'apply-registrations':
        return registrations.apply(command[1], command[2])
      case 'load-registrations':
        return JSON.stringify(registrations.load(command[1]))
      case 'write-directory':
        return directory.write(command[1], command[2])
      case 'load-directory':
        return JSON.stringify(directory.load())
      case 'open-subscriber':
        return subscribers.open(command[1])
      case 'advance-subscriber':
        return subscribers.advance(command[1], command[2])
      case 'retain-subscribers':
        return subscribers.retain(command[1])
      case 'probe':
        // SQLite writes the page with this number even where it stays the same (sqlite.org/pragma.html#pragma_user_version).
        return database.exec('pragma user_version = 0')
      case 'events-after':
        return JSON.stringify(subscribers.eventsAfter(command[1], command[2]))
    }
  }
}

if (parentPort === null) throw new Error('The store worker runs as a worker thread only')
await main(parentPort, workerData as WorkerStart)
