import { isIP, isIPv6 } from 'node:net'
import type { Config } from './config-schema.ts'
import type { Path } from './yaml-source.ts'

/** What of the configuration binds sockets: a port at an address, or a range of them. */
export interface BoundSockets {
  readonly path: Path
  /** Where its address stands. */
  readonly hostPath: Path
  readonly protocol: 'udp' | 'tcp'
  /** Without brackets; a name only where it is that of HTTP. */
  readonly host: string
  readonly firstPort: number
  readonly lastPort: number
}

/** Two that cannot both have what they ask for. */
export interface SocketClash {
  readonly paths: readonly [Path, Path]
  readonly port: number
}

/** Of a configuration with faults, what can be read. Port 0 is any that is free. */
export function boundSockets({ http, sip, media }: Config): readonly BoundSockets[] {
  const [first, last] = String(media.ports).split('-').map(Number)
  return [
    socketsAt('tcp', http.host, http.port, ['http', 'port'], ['http', 'host']),
    ...[http.tls ?? []]
      .flat()
      .map(({ host, port }) => socketsAt('tcp', host, port, ['http', 'tls', 'port'], ['http', 'tls', 'host'])),
    ...sip.listen.map((text, index) => listenerAt(String(text), ['sip', 'listen', index])),
    { ...socketsAt('udp', media.host, first, ['media', 'ports'], ['media', 'host']), lastPort: last ?? Number.NaN },
  ].filter(({ host, firstPort, lastPort }) => typeof host === 'string' && firstPort > 0 && lastPort >= firstPort)
}

const socketsAt = (
  protocol: BoundSockets['protocol'],
  host: string,
  port: unknown,
  path: Path,
  hostPath: Path,
): BoundSockets => ({ path, hostPath, protocol, host, firstPort: Number(port), lastPort: Number(port) })

/** `udp:127.0.0.1:5060`, `tcp:[::1]:5060` */
function listenerAt(text: string, path: Path): BoundSockets {
  const [, protocol, host = '', port] = /^(\w+):\[?([^\]]*)\]?:(\d+)$/.exec(text) ?? []
  return socketsAt(protocol === 'udp' ? 'udp' : 'tcp', host, port, path, path)
}

/**
 * Of two listeners, one would not get its port. A range of media that holds the port of a listener is refused whatever the
 * transport: where it is UDP's, calls fail when they come to that port; where it is TCP's, no firewall and no peer could tell a
 * media port from a listener's.
 */
export function findClashes(config: Config): readonly SocketClash[] {
  const sockets = boundSockets(config)
  return sockets.flatMap((one, index) =>
    sockets
      .slice(index + 1)
      .filter((other) => one.protocol === other.protocol || isRange(one) || isRange(other))
      .filter((other) => doHostsMeet(one.host, other.host))
      .map((other) => ({ one, other, port: Math.max(one.firstPort, other.firstPort) }))
      .filter(({ other, port }) => port <= Math.min(one.lastPort, other.lastPort))
      .map(({ other, port }) => ({ paths: [one.path, other.path], port }) as const),
  )
}

const isRange = ({ firstPort, lastPort }: BoundSockets): boolean => lastPort > firstPort

/** Whether a socket at one address may want the same as one at the other. */
function doHostsMeet(one: string, other: string): boolean {
  const [left, right] = [plainHost(one), plainHost(other)]
  return left === right || takesAll(left, right) || takesAll(right, left)
}

/** `::` takes IPv4 as well; of a name nobody knows here which of both it is. */
const takesAll = (host: string, other: string): boolean =>
  host === '::' || (host === '0.0.0.0' && (isIP(other) !== 6 || other === '::'))

function plainHost(host: string): string {
  if (host.toLowerCase() === 'localhost') return '127.0.0.1'
  return isIPv6(host) ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host.toLowerCase()
}
