import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import { systemRandom } from '../random.ts'
import { Relay } from './relay.ts'
import type { RelayCommand, RelayOptions } from './relay-protocol.ts'

const port = parentPort
if (port === null) throw new Error('relay-worker.ts runs as a worker thread')

const relay = new Relay({
  options: workerData as RelayOptions,
  clock: systemClock,
  random: systemRandom,
  emit: (events) => port.postMessage(events),
})
port.on('message', (commands: RelayCommand[]) => relay.execute(commands))
