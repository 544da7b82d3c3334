import assert from 'node:assert/strict'

export interface Envelope {
  readonly responses: readonly { readonly code: string; readonly key: string; readonly message: string }[]
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  readonly data?: any
}

/** As strictly as typed clients decode it: HTTP 200, text for each code, nothing beside. */
export function decodeEnvelope(status: number, body: string): Envelope {
  assert.equal(status, 200)
  const envelope = JSON.parse(body) as Envelope
  assert.ok(envelope.responses.length > 0)
  for (const entry of envelope.responses) {
    assert.deepEqual(Object.keys(entry), ['code', 'key', 'message'])
    for (const value of Object.values(entry)) assert.equal(typeof value, 'string')
  }
  assert.deepEqual(
    Object.keys(envelope).filter((name) => name !== 'data'),
    ['responses'],
  )
  return envelope
}

/** `calls/make` and the like, with parameters as they stand in a URL. */
export async function askEnswitch(
  server: { readonly url: string },
  path: string,
  parameters: string,
): Promise<Envelope> {
  const response = await fetch(`${server.url}/api/json/${path}/?${parameters}`)
  return decodeEnvelope(response.status, await response.text())
}

/** Code and parameter of each entry: `404 callid`. */
export const verdictsOf = ({ responses }: Envelope): readonly string[] =>
  responses.map(({ code, key }) => `${code} ${key}`.trim())
