import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { json, problem, startFakeNativeServer } from '../../../test/support/fake-native-server.ts'
import { run, serve, writeConfig } from '../../../test/support/run-cli.ts'

test('apply: the file as it is, after its own check', async (t) => {
  const applied = {
    added: ['line acme/104'],
    changed: [],
    removed: ['trunk old', 'line acme/103'],
    needRestart: ['sip'],
  }
  const server = await startFakeNativeServer(t, { 'PUT /v1/directory': json(applied) })
  const file = writeConfig(t, server.url)
  const { exitCode, out, complaints } = await run(['apply', file, '--config', file])
  assert.match(complaints, /Restart the server to take over what the file says of "sip"/)
  assert.deepEqual(
    [exitCode, out],
    [0, ['+ line acme/104', '- trunk old', '- line acme/103', `Applied ${file}: 1 added, 0 changed, 2 removed.`]],
  )
  assert.equal(server.seen[0]?.headers['content-type'], 'application/yaml')
  assert.match(server.seen[0]?.body ?? '', /^http: /)

  writeFileSync(file, 'acounts: []\n')
  assert.match((await run(['apply', file, '--config', file])).complaints, /cordboard\.yaml:1:\d+: acounts .*"accounts"/)
  assert.equal(server.seen.filter(({ method }) => method === 'PUT').length, 1)
})

const lockouts: readonly (readonly [what: string, made: object[], args: readonly string[], applied: boolean])[] = [
  ['no key that may apply', [], [], false],
  ['no key that may apply, which is meant', [], ['--allow-lockout'], true],
  ['one that was made', [{}], [], true],
  ['one that was made in an account that goes', [{ account: 'other' }], [], false],
  ['one that was made and may not', [{ permissions: ['calls:place'] }], [], false],
  ['one that stood in the file of before', [{ createdAt: undefined }], [], false],
  ['one that was made, whose name the file takes', [{ name: 'reader' }], [], false],
]
for (const [what, made, args, expected] of lockouts) {
  test(`apply: a file without directory:write leaves ${what}`, async (t) => {
    const credentials = made.map((one) => ({
      ...{
        kind: 'api-key',
        account: 'acme',
        name: 'made',
        permissions: ['directory:write'],
        createdAt: '2026-11-21T09:00:00.000Z',
      },
      ...one,
    }))
    const { server, ask } = await serve(t, {
      'GET /v1/credentials': json({ credentials }),
      'PUT /v1/directory': json({ added: [], changed: [], removed: [], needRestart: [] }),
    })
    const file = writeConfig(t, server.url)
    writeFileSync(file, readFileSync(file, 'utf8').replace('directory:write, ', ''))
    const { exitCode, complaints } = await ask('apply', file, ...args)
    assert.equal(exitCode, expected ? 0 : 1, complaints)
    assert.equal(
      server.seen.some(({ method }) => method === 'PUT'),
      expected,
    )
    if (!expected) assert.match(complaints, /directory:write.*--allow-lockout/)
  })
}

test('apply: a file that shuts out whoever applies it says so at once', async (t) => {
  const { server, ask } = await serve(t, {
    'GET /v1/credentials': problem('permission-missing', 403, 'Not from here.'),
    'PUT /v1/directory': json({ added: [], changed: ['account acme'], removed: [], needRestart: [] }),
  })
  const { exitCode, out, complaints } = await ask('apply', writeConfig(t, server.url))
  assert.deepEqual([exitCode, out[0]], [0, '~ account acme'])
  assert.match(complaints, /^The key that was used may apply nothing more from here/)
})
