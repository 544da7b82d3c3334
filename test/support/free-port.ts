import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { claimPorts } from './claim-ports.ts'

const blockPorts = 100
let next = 0
let end = 0
let claiming: Promise<void> | undefined

/** A TCP port of loopback that is free, and that no other test is given. */
export const freePort = (): Promise<number> => take(1, ([port]) => isFreeTcp(port as number))

/** The same of UDP, whose ports are counted apart from TCP's. */
export const freeUdpPort = (): Promise<number> => take(1, ([port]) => isFreeUdp(port as number))

/** A port that is free by UDP and TCP, and its neighbour by TCP: a softphone takes the second for TLS. */
export const freePortPair = (): Promise<number> =>
  take(2, async ([port = 0, neighbour = 0]) => {
    const free = await Promise.all([isFreeUdp(port), isFreeTcp(port), isFreeTcp(neighbour)])
    return free.every(Boolean)
  })

/** Ports of this process's own, each handed out once; those that some other program holds are passed over. */
async function take(count: number, areFree: (ports: readonly number[]) => Promise<boolean>): Promise<number> {
  for (;;) {
    while (next + count > end) {
      claiming ??= claimBlock()
      await claiming
    }
    const ports = Array.from({ length: count }, () => next++)
    if (await areFree(ports)) return ports[0] as number
  }
}

async function claimBlock(): Promise<void> {
  try {
    next = await claimPorts(blockPorts)
    end = next + blockPorts
  } finally {
    claiming = undefined
  }
}

function isFreeTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function isFreeUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').once('error', () => resolve(false))
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)))
  })
}
