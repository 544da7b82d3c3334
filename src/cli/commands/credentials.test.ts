import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, problem } from '../../../test/support/fake-native-server.ts'
import { run, serve } from '../../../test/support/run-cli.ts'

test('keys create: what a key may do must be said, and all that can be is listed', async () => {
  const { exitCode, complaints } = await run(['keys', 'create', 'crm'])
  assert.equal(exitCode, 1)
  assert.match(complaints, /--permissions.*calls:place, calls:read.*directory:write/)
})

test('keys create: faults are told by the options, and a name that is taken by itself', async (t) => {
  const { ask } = await serve(t, {
    'POST /v1/credentials': [
      problem('validation-failed', 400, 'Mend.', [{ pointer: '/permissions', detail: 'must be of a, b' }]),
      problem('name-in-use', 409, 'Choose.'),
    ],
  })
  const create = ['keys', 'create', 'crm', '--permissions', 'calls:fly']
  assert.equal((await ask(...create)).complaints, '--permissions: must be of a, b')
  assert.match((await ask(...create)).complaints, /^"crm" is the name of another API key/)
})

test('keys revoke: one that the file holds', async (t) => {
  const key = { kind: 'api-key', account: 'acme', name: 'crm', permissions: [] }
  const { server, ask } = await serve(t, { 'GET /v1/credentials': json({ credentials: [key] }) })
  assert.match((await ask('keys', 'revoke', 'crm')).complaints, /"crm" stands in the server's configuration file/)
  assert.equal(server.seen.length, 1)
})
