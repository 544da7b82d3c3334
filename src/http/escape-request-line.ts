const space = 0x20
const tab = 0x09
const lineFeed = 0x0a
const highestAscii = 0x7f

/** `GET /a?b=c d HTTP/1.1`: what stands between the method and the version is the target, spaces and all. */
const requestLine = /^([A-Z]{1,16} )(.*)( HTTP\/1\.[01]\r?\n)$/s

/**
 * The first octets of a request, with what many clients leave unencoded in its target (`curl "…&cidname=Müller"`, PHP's `file()` with a
 * space) percent-encoded, as RFC 3986 would have it. The servers that these clients were written for take it as it stands; Node's
 * parser does not. What needs no encoding, or is no request line, comes back as it is.
 */
export function escapeRequestLine(octets: Buffer): Buffer {
  const end = octets.indexOf(lineFeed) + 1
  if (end === 0 || !isCareless(octets, end)) return octets
  const match = requestLine.exec(octets.toString('latin1', 0, end))
  if (match === null) return octets
  const [, method = '', target = '', version = ''] = match
  const escaped = target.replace(/[\t \x80-\xff]/g, (character) => `%${hexadecimal(character)}`)
  return Buffer.concat([Buffer.from(method + escaped + version, 'latin1'), octets.subarray(end)])
}

function isCareless(octets: Buffer, end: number): boolean {
  let spaces = 0
  for (let at = 0; at < end; at++) {
    const octet = octets[at] as number
    if (octet === space) spaces++
    if (octet > highestAscii || octet === tab) return true
  }
  return spaces > 2
}

const hexadecimal = (character: string): string => character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
