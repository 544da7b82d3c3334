import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventStream, json, startFakeNativeServer } from '../../test/support/fake-native-server.ts'
import { folder, run, serve, writeConfig } from '../../test/support/run-cli.ts'
import { endCauses } from '../call/end-cause.ts'
import { exitCodeOf } from './exit-code.ts'

const acceptedAt = '2026-11-21T09:00:00.000Z'
const leg = (destination: string, state = 'idle') => ({ destination, state })
const call = { id: 'c1', state: 'accepted', acceptedAt, first: leg('line 101'), second: leg('+61412345678') }
const at = (seconds: number) => new Date(Date.parse(acceptedAt) + seconds * 1000).toISOString()
const event = (sequence: number, type: string, seconds: number, detail: object = {}) => ({
  sequence,
  type,
  callId: 'c1',
  at: at(seconds),
  ...detail,
})
const story = [
  event(1, 'call.accepted', 0, { destinations: { first: 'line 101', second: '+61412345678' } }),
  event(2, 'leg.ringing', 0.1, { leg: 'first' }),
  event(3, 'leg.answered', 1.5, { leg: 'first' }),
  event(4, 'leg.dialled', 1.51, { leg: 'second', trunk: 'alpha' }),
  event(5, 'leg.attempt-ended', 1.54, {
    leg: 'second',
    attempt: { at: at(1.51), trunk: 'alpha', to: 'sip:1@a.example', sipStatus: 403, reason: 'Forbidden', cause: 'x' },
  }),
  event(6, 'leg.attempt-ended', 1.61, {
    leg: 'second',
    attempt: { at: at(1.55), line: '102', to: 'sip:102@b.example', reason: 'no response', cause: 'unavailable' },
  }),
  event(7, 'leg.ended', 1.62, { leg: 'second', cause: 'busy' }),
  event(8, 'leg.ended', 1.66, { leg: 'first', cause: 'completed' }),
  event(9, 'call.ended', 1.7, { cause: 'busy', endedBy: 'second', advice: 'Try again later.' }),
]

test('call: a line first, what it would dial second, options in the words of the API', async (t) => {
  const { server, ask } = await serve(t, { 'POST /v1/calls': json(call, 201) })
  const options = [
    '--auto-answer',
    '--external-id',
    'crm-7',
    '--delay',
    '60',
    '--ring',
    '20',
    '--idempotency-key',
    'k1',
  ]
  const { exitCode, out } = await ask('call', '101', '0412345678', ...options)
  assert.deepEqual([exitCode, out], [0, ['c1  accepted']])
  const [request] = server.seen
  assert.deepEqual(JSON.parse(request?.body ?? ''), {
    first: { line: '101', ringSeconds: 20, autoAnswer: true },
    second: { dial: '0412345678', ringSeconds: 20 },
    delaySeconds: 60,
    externalId: 'crm-7',
  })
  assert.equal(request?.headers.authorization, 'Bearer a-key-of-the-test')
  assert.equal(request?.headers['idempotency-key'], 'k1')
})

const parties: readonly (readonly [first: string, second: string, expected: object])[] = [
  ['1234101', '102', { first: { line: '1234101' }, second: { dial: '102' } }],
  ['0412345678', '*60', { first: { dial: '0412345678' }, second: { dial: '*60' } }],
  ['+61412345678', '+61255501000', { first: { number: '+61412345678' }, second: { number: '+61255501000' } }],
  ['dial:101', 'queue:support', { first: { dial: '101' }, second: { queue: 'support' } }],
]
for (const [first, second, expected] of parties) {
  test(`call: parties ${first} and ${second}`, async (t) => {
    const { server, ask } = await serve(t, { 'POST /v1/calls': json(call, 201) })
    await ask('call', first, second)
    assert.deepEqual(JSON.parse(server.seen[0]?.body ?? ''), expected)
  })
}

test('call --follow: one line an event with the seconds since it was accepted; the exit code tells the end', async (t) => {
  const { ask } = await serve(t, { 'POST /v1/calls': json(call, 201), 'GET /v1/calls/c1/events': eventStream(story) })
  const { exitCode, out } = await ask('call', '101', '0412345678', '--follow')
  assert.deepEqual(out, [
    'c1  2026-11-21T09:00:00.000Z',
    '   0.0 s  accepted: line 101 → +61412345678',
    '   0.1 s  first leg: ringing',
    '   1.5 s  first leg: answered',
    '   1.5 s  second leg: dialled over trunk alpha',
    '   1.5 s  second leg: trunk alpha: 403 Forbidden; x',
    '   1.6 s  second leg: phone sip:102@b.example: no response; unavailable',
    '   1.6 s  second leg: ended, busy',
    '   1.7 s  first leg: ended, completed',
    '   1.7 s  ended: busy, by the second leg. Try again later.',
  ])
  assert.equal(exitCode, 10)
})

test('call --follow --json: the events as they came, one a line', async (t) => {
  const { ask } = await serve(t, { 'POST /v1/calls': json(call, 201), 'GET /v1/calls/c1/events': eventStream(story) })
  const { out } = await ask('call', '101', '0412345678', '--follow', '--json')
  assert.deepEqual(
    out.map((line) => JSON.parse(line)),
    story,
  )
})

test('call --follow: a stream that breaks is resumed after the last event seen', async (t) => {
  const { server, ask } = await serve(t, {
    'POST /v1/calls': json(call, 201),
    'GET /v1/calls/c1/events': [eventStream(story.slice(0, 2), true), eventStream(story.slice(2))],
  })
  const { exitCode, out } = await ask('call', '101', '0412345678', '--follow')
  assert.deepEqual([exitCode, out.length], [10, 1 + story.length])
  assert.deepEqual(
    server.seen.slice(1).map(({ headers }) => headers['last-event-id']),
    [undefined, '2'],
  )
})

test('call --follow: Ctrl+C leaves the call alone and says how to end it', async (t) => {
  const server = await startFakeNativeServer(t, {
    'POST /v1/calls': json(call, 201),
    'GET /v1/calls/c1/events': eventStream(story.slice(0, 1), true),
  })
  const interruption = new AbortController()
  const args = ['call', '101', '102', '--follow', '--server', server.url, '--key', 'a-key-of-the-test']
  const running = run(args, { interrupted: interruption.signal })
  while (!server.seen.some(({ url }) => url.startsWith('/v1/calls/c1/events'))) await pause(5)
  interruption.abort()
  const { exitCode, complaints } = await running
  assert.deepEqual([exitCode, complaints], [130, 'The call goes on; "cordboard hangup c1" ends it.'])
})

const ended = { ...call, state: 'ended', end: { cause: 'no-answer', advice: 'Nobody answered.' } }
const waits: readonly (readonly [option: string, answer: object, exitCode: number, wait: object])[] = [
  ['bridged', { ...call, state: 'bridged' }, 0, { for: 'bridged', seconds: 30 }],
  ['bridged:5', { ...call, state: 'second-ringing' }, 4, { for: 'bridged', seconds: 5 }],
  ['answered', { ...call, state: 'second-ringing' }, 0, { for: 'answered', seconds: 30 }],
  [
    'ringing',
    { ...call, state: 'first-ringing', first: leg('line 101', 'dialling') },
    4,
    { for: 'ringing', seconds: 30 },
  ],
  [
    'ringing',
    { ...call, state: 'first-ringing', first: leg('line 101', 'ringing') },
    0,
    { for: 'ringing', seconds: 30 },
  ],
  ['ended', ended, 12, { for: 'ended', seconds: 30 }],
]
for (const [option, answer, expected, wait] of waits) {
  test(`call --wait ${option}: answered in the state ${(answer as typeof call).state}, exits with ${expected}`, async (t) => {
    const { server, ask } = await serve(t, { 'POST /v1/calls': json(answer, 201) })
    const { exitCode, out } = await ask('call', '101', '102', '--wait', option)
    assert.equal(exitCode, expected)
    assert.equal(out[0]?.endsWith(`, not yet ${option.split(':')[0]}`), expected === 4)
    assert.deepEqual(JSON.parse(server.seen[0]?.body ?? '').wait, wait)
  })
}

test('every end cause but completed has an exit code of its own, from 10 on', () => {
  const codes = Object.keys(endCauses).map(exitCodeOf)
  assert.equal(new Set(codes).size, codes.length)
  assert.deepEqual(
    codes.filter((code) => code !== 0 && (code < 10 || code > 99)),
    [],
  )
})

test('calls: a table, the newest first; --state and --limit go to the server', async (t) => {
  const { server, ask } = await serve(t, { 'GET /v1/calls': json({ calls: [ended, { ...call, id: 'c22' }] }) })
  const { exitCode, out } = await ask('calls', '--state', 'live', '--limit', '5')
  assert.equal(server.seen[0]?.url, '/v1/calls?limit=5&state=live')
  assert.deepEqual(out, [
    'ID   ACCEPTED                  STATE      TALK  FIRST     SECOND',
    'c1   2026-11-21T09:00:00.000Z  no-answer        line 101  +61412345678',
    'c22  2026-11-21T09:00:00.000Z  accepted         line 101  +61412345678',
  ])
  assert.equal(exitCode, 0)
})

test('calls show: the call and its events; --json the call as it came', async (t) => {
  const { ask } = await serve(t, {
    'GET /v1/calls/c1': json(ended),
    'GET /v1/calls/c1/events': json({ events: story }),
  })
  assert.deepEqual((await ask('calls', 'show', 'c1')).out.slice(0, 2), [
    'c1  2026-11-21T09:00:00.000Z  ended',
    '   0.0 s  accepted: line 101 → +61412345678',
  ])
  assert.deepEqual((await ask('calls', 'show', 'c1', '--json')).out, [JSON.stringify(ended)])
})

test('hangup: by request; an ended call says how it ended', async (t) => {
  const { server, ask } = await serve(t, { 'DELETE /v1/calls/c1': [json(call, 202), json(ended)] })
  assert.deepEqual((await ask('hangup', 'c1')).out, ['c1 is being hung up'])
  assert.deepEqual((await ask('hangup', 'c1')).out, ['c1 has ended: no-answer'])
  assert.equal(server.seen[0]?.method, 'DELETE')
})

const actionLines: readonly [line: string, body: object, said: string][] = [
  ['hold c1 first', { action: 'hold', leg: 'first' }, 'the first party: on hold'],
  ['resume c1 first', { action: 'resume', leg: 'first' }, 'the first party: resumed'],
  ['mute c1 second', { action: 'mute', leg: 'second' }, 'the second party: muted'],
  ['unmute c1 second', { action: 'unmute', leg: 'second' }, 'the second party: unmuted'],
  [
    'digits c1 second 12w3#',
    { action: 'send-digits', leg: 'second', digits: '12w3#' },
    'the second party: sent the digits',
  ],
  ['play c1 both please-hold', { action: 'play', leg: 'both', clip: 'please-hold' }, 'both parties: played to'],
  ['stop c1 both', { action: 'stop-playing', leg: 'both' }, 'both parties: not played to'],
]
for (const [line, body, said] of actionLines) {
  test(`calls ${line}: asks for it, and says that it is done`, async (t) => {
    const { server, ask } = await serve(t, { 'POST /v1/calls/c1/actions': json(call, 202) })
    assert.deepEqual((await ask('calls', ...line.split(' '))).out, [`c1 ${said}`])
    assert.deepEqual(JSON.parse(server.seen[0]?.body ?? ''), body)
    assert.deepEqual((await ask('calls', ...line.split(' '), '--json')).out, [JSON.stringify(call)])
  })
}

test('calls hold: a party that there is not is refused before anybody is asked', async (t) => {
  const { server, ask } = await serve(t, {})
  assert.equal((await ask('calls', 'hold', 'c1', 'both')).exitCode, 1)
  assert.equal(server.seen.length, 0)
})

test('phones: a table, in which no control character of a phone reaches the terminal', async (t) => {
  const phone = {
    account: 'acme',
    line: '101',
    contact: 'sip:a@b',
    userAgent: 'Evil\u001b[2J',
    reachable: false,
    expiresAt: at(60),
  }
  const { ask } = await serve(t, { 'GET /v1/phones': json({ phones: [phone] }) })
  assert.deepEqual((await ask('phones')).out[1], 'acme/101  sip:a@b  Evil�[2J  unreachable  2026-11-21T09:01:00.000Z')
  assert.deepEqual((await ask('phones', '--json')).out, [JSON.stringify([phone])])
})

test('server and key come from the configuration file: the first key with the permission', async (t) => {
  const server = await startFakeNativeServer(t, { 'GET /v1/phones': json({ phones: [] }) })
  const { exitCode, out } = await run(['phones', '--config', writeConfig(t, server.url)])
  assert.deepEqual([exitCode, out], [0, ['No phone is registered.']])
  assert.equal(server.seen[0]?.headers.authorization, 'Bearer key-of-writer')
})

test("the configuration's keys go to no other server than the configuration's", async (t) => {
  const server = await startFakeNativeServer(t, { 'GET /v1/phones': json({ phones: [] }) })
  const { exitCode, complaints } = await run(['phones', '--config', writeConfig(t, server.url), '--server', server.url])
  assert.deepEqual([exitCode, server.seen.length], [3, 0])
  assert.match(complaints, /No key was given for that server/)
})

test('no key of the configuration has the permission', async (t) => {
  const { exitCode, complaints } = await run(['call', '101', '102', '--config', writeConfig(t, 'http://127.0.0.1:1')])
  assert.equal(exitCode, 3)
  assert.match(complaints, /permission calls:place/)
})

test('directory: everything by kind, or one kind, as tables or JSON', async (t) => {
  const lines = [{ account: 'acme', number: '101', name: 'Alice' }]
  const queues = [{ account: 'acme', name: 'support', members: ['101', '102'] }]
  const server = await startFakeNativeServer(t, { 'GET /v1/directory': json({ lines, queues, cards: [] }) })
  const config = ['--config', writeConfig(t, server.url)]
  assert.deepEqual((await run(['directory', 'queues', ...config])).out, [
    'ACCOUNT  NAME     MEMBERS',
    'acme     support  101, 102',
  ])
  const all = (await run(['directory', ...config])).out
  assert.deepEqual(all.slice(0, 4), ['Lines', 'ACCOUNT  NUMBER  NAME', 'acme     101     Alice', ''])
  assert.deepEqual((await run(['directory', 'cards', ...config])).out, ['There are no cards.'])
  assert.deepEqual((await run(['directory', 'lines', '--json', ...config])).out, [JSON.stringify(lines)])
  assert.equal((await run(['directory', 'planets', ...config])).exitCode, 1)
})

test('check: sound and faulty files, for people and for scripts', async (t) => {
  const file = writeConfig(t, 'http://127.0.0.1:1')
  assert.deepEqual(await run(['check', file]), {
    exitCode: 0,
    out: [`${file} is sound: 1 account, 0 lines, 0 trunks.`],
    complaints: '',
  })
  writeFileSync(file, 'http:\n  port: many\n')
  const faulty = await run(['check', file])
  assert.equal(faulty.exitCode, 1)
  assert.match(faulty.complaints, /cordboard\.yaml:2:9: http\.port /)
  const { exitCode, out } = await run(['check', file, '--json'])
  assert.equal(exitCode, 1)
  const { sound, faults } = JSON.parse(out[0] ?? '')
  assert.deepEqual([sound, faults[0].line, faults[0].column, faults[0].key], [false, 2, 9, 'http.port'])
})

test('check and start: ports that clash, and addresses of another machine, with their lines', async (t) => {
  const file = join(folder(t), 'cordboard.yaml')
  writeFileSync(file, 'sip: { listen: ["udp:127.0.0.1:5060"] }\nmedia: { ports: 5000-6000 }\n')
  for (const command of [
    ['check', file],
    ['start', '--config', file],
  ]) {
    const { exitCode, complaints } = await run(command)
    assert.equal(exitCode, 1)
    assert.match(
      complaints,
      /cordboard\.yaml:2:17: media\.ports takes port 5060, and so does sip\.listen\[0\] \(line 1\)/,
    )
  }
  writeFileSync(file, 'sip: { listen: ["udp:192.0.2.1:5060"] }\n')
  for (const command of [
    ['check', file],
    ['start', '--config', file],
  ]) {
    const { exitCode, complaints } = await run(command)
    assert.equal(exitCode, 1)
    assert.match(complaints, /cordboard\.yaml:1:17: sip\.listen\[0\] must have an address of this machine/)
  }
  assert.equal((await run(['check', '--for-another-machine', file])).exitCode, 0)
})

test('start: a faulty configuration is told with its line, and nothing is started', async (t) => {
  const file = join(folder(t), 'cordboard.yaml')
  writeFileSync(file, 'http: { prot: 1 }\n')
  const { exitCode, complaints } = await run(['start', '--config', file])
  assert.equal(exitCode, 1)
  assert.match(complaints, /cordboard\.yaml:1:\d+: http\.prot .*"port"/)
})

test('start --demo: a folder that is not there', async (t) => {
  const { exitCode, complaints } = await run(['start', '--demo', '--config', join(folder(t), 'none', 'cordboard.yaml')])
  assert.equal(exitCode, 1)
  assert.match(complaints, /cannot be written: its folder does not exist: make that first/)
})

test('start without a configuration: where to get one', async (t) => {
  const { exitCode, complaints } = await run(['start', '--config', join(folder(t), 'cordboard.yaml')])
  assert.equal(exitCode, 1)
  assert.match(complaints, /^There is no \S+cordboard\.yaml\. "cordboard start --demo" writes one/)
})

test('--version', async () => {
  const { exitCode, out } = await run(['--version'])
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.deepEqual([exitCode, out], [0, [version]])
})

const misuses: readonly (readonly [args: readonly string[], complaint: RegExp])[] = [
  [['bogus'], /unknown command 'bogus'/],
  [['call', '101'], /missing required argument 'second'/],
  [['keys', 'create'], /"cordboard keys create --help" tells/],
  [['call', '101', ' '], /It is empty/],
  [['call', '101', '102', '--delay', '1.5'], /whole number from 0/],
  [['call', '101', '102', '--wait', 'never'], /accepted, ringing, answered, bridged, ended/],
  [['calls', '--state', 'dead'], /live, ended/],
  [['phones', '--server', 'ftp://x', '--key', 'k'], /is no address of a server/],
  [['phones', '--server', 'x', '--key', 'with space'], /The key holds characters/],
]
for (const [args, complaint] of misuses) {
  test(`wrong usage: cordboard ${args.join(' ')}`, async () => {
    const { exitCode, complaints } = await run(args)
    assert.ok(exitCode === 1 || exitCode === 3)
    assert.match(complaints, complaint)
  })
}

test('help tells the commands and every exit code', async () => {
  const { exitCode, out } = await run(['help'])
  assert.equal(exitCode, 0)
  const text = out.join('\n')
  for (const word of ['start', 'apply', 'call ', 'calls', 'hangup', 'phones', 'check', ...Object.keys(endCauses)]) {
    assert.ok(text.includes(word), `help does not mention ${word}`)
  }
})

const everyHelp = ['start', 'check', 'apply', 'call', 'calls', 'calls show', 'hangup', 'phones', 'directory'].concat(
  ['hold', 'resume', 'mute', 'unmute', 'digits', 'play', 'stop'].map((name) => `calls ${name}`),
  ['keys', 'tokens', 'users'].flatMap((kind) => ['', ' create', ' list', ' revoke'].map((verb) => kind + verb)),
)
for (const command of everyHelp) {
  test(`help of ${command} says what it does, and shows an example`, async () => {
    const { exitCode, out } = await run([...command.split(' '), '--help'])
    const [usage = '', , description = ''] = out.join('\n').split('\n')
    assert.equal(exitCode, 0)
    assert.ok(usage.startsWith(`Usage: cordboard ${command}`), usage)
    assert.match(description, /\w+ \w+/)
    assert.match(out.join('\n'), new RegExp(`\nExamples?:\n {2}cordboard ${command.split(' ')[0]} ?`))
  })
}

test('colour only where the terminal has it', async (t) => {
  const { url } = await startFakeNativeServer(t, {
    'GET /v1/calls/c1': json(ended),
    'GET /v1/calls/c1/events': json({ events: story }),
  })
  const args = ['calls', 'show', 'c1', '--server', url, '--key', 'a-key-of-the-test']
  assert.ok((await run(args, { colour: true })).out.at(-1)?.includes('\u001b[31mended: busy'))
  assert.ok(!(await run(args)).out.join('').includes('\u001b'))
})
