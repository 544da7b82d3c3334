import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { json, problem, startFakeNativeServer } from '../../../test/support/fake-native-server.ts'
import { folder, run, serve } from '../../../test/support/run-cli.ts'

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

test('keys revoke: one that is not seen', async (t) => {
  const { ask } = await serve(t, { 'GET /v1/credentials': json({ credentials: [] }) })
  assert.match((await ask('keys', 'revoke', 'crm')).complaints, /"crm" that the server's key can see; .*--account/)
  const of = await ask('keys', 'revoke', 'crm', '--account', 'other')
  assert.match(
    of.complaints,
    /^There is no API key "crm" in the account "other"; "cordboard keys list --account other"/,
  )
})

test('keys: with --account a key of the file that sees the account is used, whichever stands first', async (t) => {
  const server = await startFakeNativeServer(t, { 'GET /v1/credentials': json({ credentials: [] }) })
  const file = join(folder(t), 'cordboard.yaml')
  const { hostname, port } = new URL(server.url)
  const account = (name: string, parent?: string) => `
  - name: ${name}
    ${parent === undefined ? `apiKeys: [ { name: w, key: key-of-${name}, permissions: [directory:write] } ]` : `parent: ${parent}`}`
  const accounts = [account('one'), account('two'), account('below', 'two')].join('')
  writeFileSync(file, `http: { host: ${hostname}, port: ${port} }\naccounts:${accounts}\n`)
  for (const [name, key] of Object.entries({ one: 'key-of-one', two: 'key-of-two', below: 'key-of-two' })) {
    await run(['keys', 'list', '--account', name, '--config', file])
    assert.equal(server.seen.at(-1)?.headers.authorization, `Bearer ${key}`)
  }
})
