import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { problem } from '../../test/support/fake-native-server.ts'
import { folder, run, serve, writeConfig } from '../../test/support/run-cli.ts'

const refusals: readonly (readonly [string, ReturnType<typeof problem>, number, string])[] = [
  ['a missing permission', problem('permission-missing', 403, 'The key lacks it.'), 3, 'The key lacks it.'],
  ['a barred number', problem('barred', 403, 'Barred.'), 1, 'Barred.'],
  [
    'faults with their places',
    problem('validation-failed', 400, 'Mend.', [
      { pointer: '/second/dial', detail: 'is too long' },
      { pointer: '/delaySeconds', detail: 'is too high' },
      { pointer: '/node', detail: 'is too new' },
    ]),
    1,
    '"102": is too long\n--delay: is too high\n/node is too new',
  ],
  [
    'a party, of which only the server knows',
    problem('line-not-found', 404, 'No such line.', [{ pointer: '/first/line', detail: 'No such line.' }]),
    1,
    '"101": No such line.',
  ],
  ['a sentence that would steer the terminal', problem('barred', 403, 'No\u001b[2J.'), 1, 'No\ufffd[2J.'],
  ['something else than problem details', { status: 502, body: '<html>' }, 1, 'The server answered HTTP 502.'],
]
for (const [name, answer, expected, complaint] of refusals) {
  test(`refused: ${name}`, async (t) => {
    const { ask } = await serve(t, { 'POST /v1/calls': answer })
    const { exitCode, complaints, out } = await ask('call', '101', '102')
    assert.deepEqual([exitCode, complaints, out], [expected, complaint, []])
  })
}

test('a wrong key: where it came from, and what to do about it', async (t) => {
  const answer = problem('authentication-failed', 401, 'Send "Authorization".')
  const { server, ask } = await serve(t, { 'GET /v1/phones': answer })
  const { exitCode, complaints } = await ask('phones')
  assert.equal(exitCode, 3)
  assert.match(complaints, /does not know the key that CORDBOARD_KEY gives; check/)
  const said = await run(['phones', '--server', server.url, '--key', 'k'])
  assert.match(said.complaints, /does not know the key that --key gives; check/)
  const file = writeConfig(t, server.url)
  const found = await run(['phones', '--config', file])
  assert.match(found.complaints, /does not know the key of \S+cordboard\.yaml: .* Restart it, or give/)
})

test('something that is no Cordboard server', async (t) => {
  const { ask } = await serve(t, { 'GET /v1/phones': { body: '<html>', type: 'text/html' } })
  const { exitCode, complaints } = await ask('phones')
  assert.equal(exitCode, 2)
  assert.match(complaints, /is no Cordboard server/)
})

test('no server', async () => {
  const { exitCode, complaints } = await run(['phones', '--server', '127.0.0.1:1', '--key', 'a-key-of-the-test'])
  assert.equal(exitCode, 2)
  assert.match(complaints, /^No server answers at http:\/\/127\.0\.0\.1:1\/: .*Start it with "cordboard start"/)
})

const jsonFailures: readonly (readonly [args: readonly string[], exitCode: number, message: RegExp])[] = [
  [['phones', '--server', '127.0.0.1:1', '--key', 'k'], 2, /^No server answers/],
  [['call', '101'], 1, /^missing required argument 'second'/],
  [['calls', '--limit', 'many'], 1, /whole number/],
  [['bogus'], 1, /^unknown command 'bogus'/],
  [['start', '--config', '/no/such/file.yaml'], 1, /^There is no/],
]
for (const [args, expected, message] of jsonFailures) {
  test(`--json: what fails is one object on standard error: cordboard ${args.join(' ')}`, async () => {
    const { exitCode, out, complaints } = await run([...args, '--json'])
    const { error } = JSON.parse(complaints)
    assert.deepEqual([exitCode, error.exitCode, out], [expected, expected, []])
    assert.match(error.message, message)
  })
}

test('--json: the kind of a problem and its faults, those of a file included', async (t) => {
  const faults = [{ pointer: '/first', detail: 'is barred' }]
  const { ask } = await serve(t, { 'POST /v1/calls': problem('barred', 403, 'Barred.', faults) })
  const { error } = JSON.parse((await ask('call', '101', '102', '--json')).complaints)
  assert.deepEqual(error, { message: 'Barred.\n"101": is barred', exitCode: 1, code: 'barred', faults })

  const file = join(folder(t), 'cordboard.yaml')
  writeFileSync(file, 'http: { prot: 1 }\n')
  const applied = JSON.parse((await run(['apply', file, '--json'])).complaints)
  assert.deepEqual([applied.error.faults[0].line, applied.error.faults[0].key], [1, 'http.prot'])
})
