import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
// Code that has gone unused for a while would be thrown away: megabytes, behind which a leak could hide.
setFlagsFromString('--no-flush-bytecode')
const collectGarbage = runInNewContext('gc') as () => void

const baselineRounds = 20
const patienceRounds = 200

/**
 * The octets on the heap, the least after several collections: what finalizers, closing sockets and messages to other threads still
 * hold goes a little later, on a busy machine by seconds. With `bound`, it ends as soon as less than that is held, and after some
 * ten seconds in any case: what is held then stays.
 */
export async function heapUsed(bound?: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < (bound === undefined ? baselineRounds : patienceRounds); round++) {
    collectGarbage()
    least = Math.min(least, process.memoryUsage().heapUsed)
    if (bound !== undefined && least < bound) break
    await sleep(50)
  }
  return least
}
