import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reaches } from '../support/call-progress.ts'
import { api, startTestServer } from '../support/test-server.ts'

test('demo phones register whatever else has their extension, and whatever domain their account has', async (t) => {
  // The account of the test server has a line 102 as well.
  const more = `
  - name: other
    lines: [ { number: "102", secret: s3cret-o102 }, { number: "201", secret: s3cret-o201 } ]
  - name: away
    domain: away.example
    lines: [ { number: "101", secret: s3cret-a101 } ]
demo: { phones: [ "acme/101", "acme/102", "other/102", "other/201", "away/101" ] }
`
  const server = await startTestServer(t, more)
  while (server.counts().registrations < 5) await new Promise((resolve) => setTimeout(resolve, 20))
  const { body } = await api(server, 'POST', '/v1/calls', { first: { line: '102' }, second: { line: '101' } })
  assert.equal((await reaches(server, body.id, 'bridged')).first.destination, 'line 102')
  await api(server, 'DELETE', `/v1/calls/${body.id}`)
  await reaches(server, body.id, 'ended')
})
