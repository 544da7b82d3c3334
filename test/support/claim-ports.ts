import { createServer, type Server } from 'node:net'

/**
 * The ports that tests share among them: outside of what the kernel gives to sockets that ask for any port (from 32768 on Linux),
 * outside of the default media range (20000–29999), and outside of the demo phones' (30000–30999).
 */
const firstPort = 10_000
const unitPorts = 100
const units = 100
/** Whoever listens here holds the unit. The kernel gives it back when the process ends, however it ends. */
const firstLock = 9_800
const patienceMilliseconds = 60_000

/**
 * The first of `count` ports behind each other that no other test has, in this process or another one, until this process ends.
 * It is even: RTP takes the even ports.
 */
export async function claimPorts(count: number): Promise<number> {
  const wanted = Math.ceil(count / unitPorts)
  // Not the ports of the process that has just ended: what was on its way to them may still arrive.
  const start = (process.pid * 7) % units
  for (const until = Date.now() + patienceMilliseconds; Date.now() < until; ) {
    for (let step = 0; step < units; step++) {
      const first = (start + step) % units
      if (first + wanted <= units && (await lockUnits(first, wanted))) return firstPort + first * unitPorts
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`other tests hold all ports from ${firstPort} on; end them and try again`)
}

/** The same, in the words of `media.ports`. */
export async function claimPortRange(count: number): Promise<string> {
  const first = await claimPorts(count)
  return `${first}-${first + count - 1}`
}

/** All of them, or none. */
async function lockUnits(first: number, count: number): Promise<boolean> {
  const locks: Server[] = []
  for (let unit = first; unit < first + count; unit++) {
    const lock = await listen(firstLock + unit)
    if (lock === undefined) {
      for (const taken of locks) taken.close()
      return false
    }
    locks.push(lock)
  }
  return true
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server.unref()))
  })
}
