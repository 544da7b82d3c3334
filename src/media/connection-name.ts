import { isIP } from 'node:net'
import { parseSdp } from './parse-sdp.ts'
import { connectionHost, isUsableAudio } from './read-stream.ts'

const connectionLines = /^[ \t]*c[ \t]*=[ \t]*(?:IN[ \t]+)?IP[46][ \t]+\[?([^\s/\]]+)/gim

/** Nearly no description has such a line: the others are not read twice. */
const lineWithName = /^[ \t]*c[ \t]*=[ \t]*(?:IN[ \t]+)?IP[46][ \t]+\[?(?![\d.]+(?:[\s/]|$)|[\da-f]*:)/im

/** The host name that a description gives instead of an address; undefined where it gives an address, or cannot be read. */
export const connectionName = (description: string): string | undefined => {
  if (!lineWithName.test(description)) return undefined
  const parsed = parseSdp(description)
  if (!parsed.ok) return undefined
  const stream = parsed.session.streams.find(isUsableAudio)
  const host = stream && connectionHost(parsed.session, stream)
  return host === undefined || host === '' || isIP(host) !== 0 ? undefined : host
}

/** The description with an address in the place of the name. */
export const withAddress = (description: string, name: string, address: string): string =>
  description.replaceAll(connectionLines, (line, host: string) =>
    host === name ? `${line.slice(0, -host.length)}${address}` : line,
  )
