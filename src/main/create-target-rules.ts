import { BlockList } from 'node:net'
import { systemClock } from '../clock.ts'
import type { Config } from '../config/config-schema.ts'
import type { TargetRules } from '../decide-target.ts'
import { parseNetwork } from '../directory/network.ts'
import { plainAddress } from '../ip-address.ts'
import type { MediaPlane } from '../media/media-plane.ts'
import { LocalInterfaces } from '../sip/transport/local-interfaces.ts'

/** What no phone or carrier may aim signalling or media at. The SIP ports are known to the SIP transport itself. */
export function createTargetRules({ http, sip }: Config, media: Pick<MediaPlane, 'holds'>): TargetRules {
  const interfaces = new LocalInterfaces(systemClock)
  const refusedNetworks = new BlockList()
  for (const text of sip.refusedNetworks) {
    const network = parseNetwork(text)
    if (network !== undefined) refusedNetworks.addSubnet(network.address, network.prefixLength, network.family)
  }
  const advertised = sip.advertise === null ? undefined : plainAddress(sip.advertise)
  const isOurHost = (host: string): boolean => host === advertised || interfaces.has(host)
  const isOurPort = (port: number): boolean => port === http.port || port === http.tls?.port || media.holds(port)
  return {
    refusedNetworks,
    isOwnPort: ({ host, port }) => isOurPort(port) && isOurHost(host),
  }
}
