import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const name = 'Cordboard'
const summary = 'a click-to-call server: an HTTP request rings the first party, and when it answers the second'
const description = '/v1/openapi.json'

const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${name}</title>
<h1>${name}</h1>
<p>This is ${summary}.</p>
<p>Programs use its API: <a href="${description}">${description}</a> describes it.</p>
</html>
`
const plain = `${name}: ${summary}.\nIts API is described at ${description}.\n`
const json = JSON.stringify({ name, summary, openApi: description })

/** In the order of our own liking, where the client has none. */
const pages = [
  { type: 'text/plain', contentType: 'text/plain; charset=utf-8', body: plain },
  { type: 'text/html', contentType: 'text/html; charset=utf-8', body: html },
  { type: 'application/json', contentType: 'application/json', body: json },
] as const

/**
 * `GET /` says what this is, on every host: browser extensions ask for it before they dial, and people who look whether the server is
 * there. It holds no credential and no data, so any page may read it.
 */
export function registerFrontPage(app: FastifyInstance): void {
  app.get('/', sendFrontPage)
}

function sendFrontPage(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { contentType, body } = choosePage(request.headers.accept)
  return (
    reply
      .header('vary', 'Accept')
      .header('access-control-allow-origin', '*')
      .header('content-security-policy', "default-src 'none'")
      .type(contentType)
      // Octets, since Fastify would add a charset to the Content-Type of a JSON text.
      .send(Buffer.from(body))
  )
}

/** RFC 9110 section 12.5.1; a client that takes none of them gets plain text all the same. */
function choosePage(accept = '*/*') {
  const ranges = accept.split(',').map((text) => {
    const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
    const weight = Number(parameters.find((part) => part.startsWith('q='))?.slice(2) ?? 1)
    return { range, weight: Number.isNaN(weight) ? 0 : weight }
  })
  const weightOf = (type: string): number => {
    const fitting = [type, `${type.split('/')[0]}/*`, '*/*']
    const found = fitting.map((range) => ranges.find((one) => one.range === range)).find((one) => one !== undefined)
    return found?.weight ?? 0
  }
  return pages.reduce((best, page) => (weightOf(page.type) > weightOf(best.type) ? page : best))
}
