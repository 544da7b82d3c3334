import { isUtf8 } from 'node:buffer'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Old clients send names in Latin-1, as Windows has it. */
const latin1 = new TextDecoder('windows-1252')

/** The text that a client's octets are: UTF-8, or Latin-1 where they are not. */
export const decodeText = (octets: Uint8Array): string => (isUtf8(octets) ? utf8.decode(octets) : latin1.decode(octets))
