import { BlockList } from 'node:net'
import { systemClock } from '../clock.ts'
import type { Config } from '../config/config-schema.ts'
import type { TargetRules } from '../decide-target.ts'
import { parseNetwork } from '../directory/network.ts'
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
  const isOurHost = (host: string): boolean => host === sip.advertise || interfaces.has(host)
  return {
    refusedNetworks,
    isOwnPort: ({ host, port }) => (port === http.port || media.holds(port)) && isOurHost(host),
  }
}
