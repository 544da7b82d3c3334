import { BlockList } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import type { Clock } from '../../clock.ts'
import { isIPv6, isLoopback, isNumericHost } from './host.ts'

type ReadInterfaces = () => NodeJS.Dict<NetworkInterfaceInfo[]>

interface LocalInterface {
  readonly address: string
  readonly family: 'ipv4' | 'ipv6'
  readonly subnet: BlockList
}

/** Addresses come and go with DHCP and containers; reading them costs a system call each. */
const freshMilliseconds = 30_000

/** This machine's addresses, and which of them a peer would see: for sockets that are bound to all of them. */
export class LocalInterfaces {
  readonly #clock: Clock
  readonly #read: ReadInterfaces
  #addresses: ReadonlySet<string> = new Set()
  #interfaces: readonly LocalInterface[] = []
  #readAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, read: ReadInterfaces = networkInterfaces) {
    this.#clock = clock
    this.#read = read
  }

  /** The address in the peer's own subnet, else the first that is not loopback. */
  addressTowards(remoteHost: string): string {
    const family = isIPv6(remoteHost) ? 'ipv6' : 'ipv4'
    const candidates = this.#current().filter((candidate) => candidate.family === family)
    const near = isNumericHost(remoteHost)
      ? candidates.find((candidate) => candidate.subnet.check(remoteHost, family))
      : undefined
    return (near ?? candidates[0])?.address ?? (family === 'ipv6' ? '::1' : '127.0.0.1')
  }

  /** Whether this machine itself has the address; all of loopback is its own. */
  has(host: string): boolean {
    if (isLoopback(host)) return true
    this.#current()
    return this.#addresses.has(host)
  }

  #current(): readonly LocalInterface[] {
    const now = this.#clock.monotonic()
    if (now - this.#readAt < freshMilliseconds) return this.#interfaces
    this.#readAt = now
    const infos = Object.values(this.#read()).flatMap((some) => some ?? [])
    this.#addresses = new Set(infos.map(({ address }) => address))
    this.#interfaces = infos
      .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
      .map(toInterface)
    return this.#interfaces
  }
}

const toInterface = ({ address, family, cidr }: NetworkInterfaceInfo): LocalInterface => {
  const type = family === 'IPv6' ? 'ipv6' : 'ipv4'
  const subnet = new BlockList()
  subnet.addSubnet(address, Number(cidr?.split('/')[1] ?? (type === 'ipv6' ? 128 : 32)), type)
  return { address, family: type, subnet }
}
