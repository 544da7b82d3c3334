import type { IncomingMessage } from 'node:http'

/** RFC 3986 section 3.2.2, without what a host name is never written with: an address in brackets or a name, and a port. */
const hostPattern = /^(?:\[[0-9a-f:.]+\]|[^\s/?#@[\]:,\\]*)(?::[0-9]*)?$/i

/**
 * RFC 9112 section 3.2: of a request that names two hosts, or what can be none, a proxy before us may have believed another name
 * than we do. One that names none may be of HTTP/1.0 only.
 */
export function hasCredibleHost({ rawHeaders, headers, httpVersion }: IncomingMessage): boolean {
  const named = rawHeaders.filter((text, index) => index % 2 === 0 && /^host$/i.test(text)).length
  const isNamed = named === 1 || (named === 0 && httpVersion === '1.0')
  return isNamed && hostPattern.test(headers.host ?? '')
}

const absoluteForm = /^https?:\/\/([^/?#]*)/i

/** RFC 9112 section 3.2.2: the host of an absolute URL stands above what the Host field says. */
export function takeHostOfUrl(request: IncomingMessage): void {
  const host = absoluteForm.exec(request.url ?? '')?.[1]
  if (host !== undefined) request.headers.host = host
}
