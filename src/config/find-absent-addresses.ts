import { createSocket } from 'node:dgram'
import { isIP } from 'node:net'
import { boundSockets } from './check-sockets.ts'
import type { Config } from './config-schema.ts'
import type { Path } from './yaml-source.ts'

/** Where the configuration names an address that this machine does not have. A name is looked up when the server starts. */
export async function findAbsentAddresses(config: Config): Promise<readonly Path[]> {
  const sockets = boundSockets(config).filter(({ host }) => isIP(host) !== 0)
  const hosts = [...new Set(sockets.map(({ host }) => host))]
  const absent = new Set<string>()
  for (const host of hosts) if (await isAbsent(host)) absent.add(host)
  return sockets.filter(({ host }) => absent.has(host)).map(({ hostPath }) => hostPath)
}

/** The kernel is asked by a socket: it may allow addresses that no interface has (127.0.0.0/8, `ip_nonlocal_bind`). */
function isAbsent(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4')
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      socket.close()
      resolve(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(code))
    })
    socket.bind({ address: host, port: 0, exclusive: true }, () => socket.close(() => resolve(false)))
  })
}
