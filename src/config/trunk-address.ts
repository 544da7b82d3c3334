import { isIP } from 'node:net'
import { isHostInUri } from './host-pattern.ts'

/** Where a trunk's address leads, as far as the configuration can know. */
export interface TrunkRoute {
  readonly protocol: 'udp' | 'tcp'
  /** A host name, or an IP address without brackets: what the first packet is sent to. */
  readonly host: string
}

type ReadAddress = { readonly route: TrunkRoute } | { readonly fault: string }

const form = 'must be "sip:" and a host name or an address: "sip:carrier.example:5060"'
const isInTheClear = 'Calls to this address would go out unencrypted, so it is refused'

/**
 * Reads a trunk's address (RFC 3261 section 19.1.1). Whatever of it cannot be honoured is a fault: a call must not leave by another
 * way than the one that was asked for.
 */
export function readTrunkAddress(text: string): ReadAddress {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === 'sips') {
    return fault(
      `asks for TLS by "sips:", which is not available yet. ${isInTheClear}; write "sip:" if that is what you want`,
    )
  }
  if (scheme !== 'sip' || /[\s"<>\p{Cc}]/u.test(text)) return fault(form)
  const rest = text.slice('sip:'.length)
  if (rest.includes('?')) return fault('must not hold headers ("?" and what follows): they are not sent')
  if (rest.includes('@')) {
    return fault(
      'must not hold a user or a password: the number that is called stands there. "username" and "password" are keys of the trunk',
    )
  }
  const [hostPort = '', ...parameters] = rest.split(';')
  const { host = '', port = '5060' } = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>\d{1,5}))?$/.exec(hostPort)?.groups ?? {}
  if (!isHostInUri(host) || Number(port) < 1 || Number(port) > 65_535) return fault(form)
  return readParameters(parameters, bare(host))
}

function readParameters(parameters: readonly string[], host: string): ReadAddress {
  const read = new Map<string, string>()
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=')
    const name = (equals === -1 ? parameter : parameter.slice(0, equals)).toLowerCase()
    if (!known.has(name)) {
      return fault(
        `holds the parameter "${name}", which cannot be honoured; take it out (there are ${[...known].join(', ')})`,
      )
    }
    if (read.has(name)) return fault(`holds the parameter "${name}" twice`)
    read.set(name, equals === -1 ? '' : parameter.slice(equals + 1).toLowerCase())
  }
  const protocol = read.get('transport') ?? 'udp'
  if (protocol !== 'udp' && protocol !== 'tcp') {
    const what = protocol === '' ? 'transport' : `transport=${protocol}`
    return fault(`asks for ${what}; there are udp and tcp. ${isInTheClear}`)
  }
  if ((read.get('user') ?? 'phone') !== 'phone') return fault('must have user=phone, or no such parameter')
  const maddr = read.get('maddr')
  if (maddr !== undefined && !isHostInUri(maddr)) return fault('must have a host name or an address as maddr')
  return { route: { protocol, host: maddr === undefined ? host : bare(maddr) } }
}

/** Those that are kept to; every other one would change the meaning of the address in a way that nothing here carries out. */
const known: ReadonlySet<string> = new Set(['transport', 'maddr', 'user'])

const fault = (message: string): ReadAddress => ({ fault: message })

const bare = (host: string): string => host.replace(/^\[|\]$/g, '')

/** Why a trunk cannot be reached from where the server listens, where that is certain; `listen` as the configuration has it. */
export function unreachableFrom(listen: readonly string[], { protocol, host }: TrunkRoute): string | undefined {
  const points = listen.filter((text) => text.startsWith(`${protocol}:`)).map(hostOfListener)
  if (points.length === 0) {
    // A connection is opened from any address; a datagram leaves by a port that is open.
    return protocol === 'tcp' ? undefined : 'is reached by udp, but sip.listen has no udp entry; add one'
  }
  const family = isIP(host)
  if (family === 0) return undefined
  // The wildcard of IPv6 takes IPv4, too.
  const fitting = points.filter((point) => isIP(point) === family || point === '::')
  if (fitting.length === 0)
    return `is an IPv${family} address, but sip.listen has no ${protocol} entry with one; add it`
  if (!isLoopback(host) && fitting.every(isLoopback)) {
    return 'is another machine, but sip.listen has loopback addresses only, from which no packet leaves; add an address of this machine'
  }
  return undefined
}

const hostOfListener = (text: string): string => bare(text.slice(text.indexOf(':') + 1, text.lastIndexOf(':')))

const isLoopback = (host: string): boolean => host === '::1' || /^127\./.test(host)
