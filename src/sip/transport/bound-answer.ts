import type { SipResponse } from '../message/message.ts'
import { serializeMessage } from '../message/serialize-message.ts'

/** A forged source address must not make us a stronger sender than the stranger is. */
const greatestGain = 2.5
/** What an answer can do without, the least useful first. */
const spareHeaders = ['Server', 'Supported', 'Accept', 'Allow'] as const

/**
 * The octets of an answer to a datagram from somebody whom we do not know: at most 2.5 times as many as the datagram had. What is
 * not needed is left out, and what is still too long is not sent (undefined). No phone's request is so short that this happens.
 * `datagramOctets` is undefined for what came over a connection: there the other side has shown that it is where it says.
 */
export const boundAnswer = (response: SipResponse, datagramOctets: number | undefined): Buffer | undefined => {
  let octets = serializeMessage(response)
  if (datagramOctets === undefined) return octets
  const longest = datagramOctets * greatestGain
  for (const name of spareHeaders) {
    if (octets.length <= longest) return octets
    if (!response.headers.has(name)) continue
    response.headers.delete(name)
    octets = serializeMessage(response)
  }
  return octets.length <= longest ? octets : undefined
}
