import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { api, startTestServer } from '../support/test-server.ts'

test("an account's addresses are told of its calls, each in its own words, what failed again", async (t) => {
  const received: Record<string, string[]> = { '/native': [], '/enswitch': [] }
  let refused = 1
  const listener = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const busy = request.url === '/native' && refused-- > 0
      if (!busy) received[request.url ?? '']?.push(Buffer.concat(chunks).toString())
      response.writeHead(busy ? 503 : 204).end()
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.after(() => new Promise<void>((resolve) => listener.close(() => resolve())))
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  const server = await startTestServer(
    t,
    `    webhooks: [{ url: "${url}/native" }, { url: "${url}/enswitch", format: enswitch }]
demo: { phones: ["acme/101", "acme/102"], trunk: demo }
`,
  )
  while (server.counts().registrations < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  const place = { first: { line: '101' }, second: { line: '102' }, wait: { for: 'bridged', seconds: 10 } }
  const { body } = await api(server, 'POST', '/v1/calls', place)
  await api(server, 'DELETE', `/v1/calls/${body.id}`)

  const until = Date.now() + 10_000
  const isComplete = () => received['/native']?.some((text) => text.includes('"call.ended"')) === true
  while (!isComplete() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
  const told = received['/native']?.map((text) => JSON.parse(text)) ?? []
  const { events } = (await api(server, 'GET', `/v1/calls/${body.id}/events`)).body
  assert.deepEqual(
    told.map(({ event }) => event),
    events,
  )
  assert.deepEqual(told.at(-1).call, (await api(server, 'GET', `/v1/calls/${body.id}`)).body)
  assert.equal(told[0].call.state, 'accepted')

  const forms = received['/enswitch']?.map((text) => new URLSearchParams(text)) ?? []
  assert.deepEqual(
    forms.map((form) => form.get('status')),
    ['Calling', 'Answer', 'Calling', 'Answer', 'Hangup', 'Hangup'],
  )
  assert.ok(forms.every((form) => form.get('callid') === body.id))
})
