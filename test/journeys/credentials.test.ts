import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { runCli } from '../../src/cli/run-cli.ts'
import { startServer } from '../../src/main.ts'
import { configText, operatorKey, startTestServer, testKey } from '../support/test-server.ts'

const config = `${configText}
    roles: [{ name: agent, permissions: [calls:place, calls:read] }]
    users: [{ name: alice@acme, password: demo-pass-0001, role: agent, line: "101" }]
  - name: shop
    parent: acme
    lines: [{ number: "201", secret: s3cret-201 }]
  - name: other
`

type Server = { readonly url: string }

const send = async (server: Server, method: string, path: string, body?: object, key: string = operatorKey) => {
  const response = await fetch(new URL(path, server.url), {
    method,
    headers: { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  const answer = (text === '' ? undefined : JSON.parse(text)) as any
  return { status: response.status, headers: response.headers, body: answer }
}
const make = (server: Server, body: object, key?: string) => send(server, 'POST', '/v1/credentials', body, key)
const statusOf = async (server: Server, key: string) => (await send(server, 'GET', '/v1/calls', undefined, key)).status
const apply = (server: Server, yaml: string) =>
  fetch(new URL('/v1/directory', server.url), {
    method: 'PUT',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/yaml' },
    body: yaml,
  })

describe('cordboard keys, tokens, users', () => {
  test('made, listed, used, kept over apply and restart, and revoked at once', async (t) => {
    const server = await startTestServer(t, '', config)
    const cli = async (...args: string[]) => {
      const out: string[] = []
      const complaints: string[] = []
      const exitCode = await runCli(args, {
        print: (line) => void out.push(line),
        complain: (line) => void complaints.push(line),
        environment: { CORDBOARD_URL: server.url, CORDBOARD_KEY: operatorKey },
        colour: false,
        interrupted: new AbortController().signal,
      })
      return { exitCode, out, complaints: complaints.join('\n') }
    }
    const made = await cli('keys', 'create', 'crm 2', '--permissions', 'calls:place,calls:read')
    assert.equal(made.exitCode, 0, made.complaints)
    const [key = ''] = made.out
    assert.match(key, /^cb_[\w-]{32}$/)
    assert.equal(await statusOf(server, key), 200)
    const token = (await cli('tokens', 'create', 'web', '--lines', '101,102')).out[0] ?? ''
    const password = (await cli('users', 'create', 'bob@acme', '--role', 'agent', '--line', '102')).out[0] ?? ''
    assert.equal(await statusOf(server, token), 200)

    const list = await cli('keys', 'list')
    assert.match(list.out.join('\n'), /^acme +crm 2 +calls:place,calls:read +20\d\d-/m)
    assert.match(list.out.join('\n'), /^acme +reader +calls:read +in the configuration file$/m)
    assert.match((await cli('tokens', 'list')).out.join('\n'), /^acme +web +calls:place,calls:read +101,102 +20/m)
    assert.match((await cli('users', 'list', '--account', 'acme')).out.join('\n'), /^acme +bob@acme +agent +102 +20/m)
    const everything = await Promise.all(['keys', 'tokens', 'users'].map((kind) => cli(kind, 'list', '--json')))
    for (const secret of [key, token, password]) assert.ok(!JSON.stringify(everything).includes(secret))

    const asBob = (from: Server, pass: string) =>
      fetch(new URL(`/api/json/user/login/?auth_username=bob@acme;auth_password=${pass}`, from.url)).then((r) =>
        r.text(),
      )
    const welcome = await asBob(server, password)
    assert.notEqual(welcome, await asBob(server, 'wrong-password'))

    // The file holds none of them, and takes none of them away.
    const applied = await (await apply(server, config)).json()
    assert.deepEqual(applied, { added: [], changed: [], removed: [], needRestart: [] })
    assert.equal(await statusOf(server, key), 200)
    const dataDirectory = dirname(server.configFile)
    await server.stop()
    const next = await startServer({ configFile: server.configFile, dataDirectory })
    t.after(() => next.stop())
    assert.equal(await statusOf(next, key), 200)
    assert.equal(await statusOf(next, token), 200)
    assert.equal(await asBob(next, password), welcome)

    const path = '/v1/credentials/api-key/acme/crm%202'
    assert.equal((await send(next, 'DELETE', path)).status, 204)
    assert.equal(await statusOf(next, key), 401)
    assert.equal((await send(next, 'DELETE', path)).status, 404)
    assert.equal((await send(next, 'DELETE', '/v1/credentials/user/acme/bob@acme')).status, 204)
    // Its password was found right a moment ago, and is forgotten all the same.
    assert.equal(await asBob(next, password), await asBob(next, 'wrong-password'))

    for (const name of readdirSync(dataDirectory).filter((file) => file.startsWith('cordboard.db'))) {
      const content = readFileSync(join(dataDirectory, name))
      for (const secret of [key, token, password]) assert.equal(content.includes(secret), false, name)
    }
  })

  test('revoke by the command line, and what it cannot', async (t) => {
    const server = await startTestServer(t, '', config)
    const cli = async (...args: string[]) => {
      const lines: string[] = []
      const exitCode = await runCli(args, {
        print: (line) => void lines.push(line),
        complain: (line) => void lines.push(line),
        environment: { CORDBOARD_URL: server.url, CORDBOARD_KEY: operatorKey },
        colour: false,
        interrupted: new AbortController().signal,
      })
      return `${exitCode} ${lines.join('\n')}`
    }
    assert.match(await cli('tokens', 'create', 'web', '--account', 'shop', '--lines', '201'), /^0 Made token shop\/web/)
    assert.match(await cli('tokens', 'create', 'web', '--account', 'shop'), /^1 "web" is the name of another token/)
    assert.match(await cli('tokens', 'create', 'web'), /^0 /)
    assert.match(await cli('tokens', 'revoke', 'web'), /^1 Several accounts have a token "web"/)
    assert.equal(await cli('tokens', 'revoke', 'web', '--account', 'shop'), '0 Revoked token shop/web.')
    assert.equal(await cli('tokens', 'revoke', 'web'), '0 Revoked token acme/web.')
    assert.match(await cli('tokens', 'revoke', 'web'), /^1 There is no token "web" that the server's key can see/)
    assert.match(
      await cli('keys', 'revoke', 'reader'),
      /^1 The API key "reader" stands in the server's configuration file/,
    )
    assert.match(
      await cli('keys', 'create', 'x', '--permissions', 'calls:plaice'),
      /^1 --permissions: must each be one of calls/,
    )
    assert.match(await cli('users', 'create', 'x', '--role', 'none'), /^1 --role: must name a role of the account/)
    assert.match(await cli('keys', 'list', '--key', testKey), /^3 This needs the permission directory:write/)
  })
})

describe('who may make what', () => {
  test('faults, each with its place', async (t) => {
    const server = await startTestServer(t, '', config)
    const rows: readonly (readonly [what: string, body: object, status: number, told: RegExp])[] = [
      ['no such kind', { kind: 'key', name: 'x' }, 400, /"\/kind"/],
      ['a key without permissions', { kind: 'api-key', name: 'x', permissions: [] }, 400, /"\/permissions"/],
      ['a line that is not there', { kind: 'token', name: 'x', lines: ['201'] }, 400, /"\/lines"/],
      ['a role in another account', { kind: 'user', account: 'shop', name: 'x', role: 'agent' }, 400, /"\/role"/],
      ['a secret of one’s own choice', { kind: 'token', name: 'x', token: 'easy-to-guess' }, 400, /token/],
      ['a name with a line break', { kind: 'token', name: 'a\r\nb' }, 400, /"\/name"/],
      ['a user that another account has', { kind: 'user', name: 'alice@acme', role: 'agent' }, 409, /name-in-use/],
      ['a key that the file has', { kind: 'api-key', name: 'crm', permissions: ['calls:read'] }, 409, /name-in-use/],
      ['an account that is not there', { kind: 'token', account: 'nobody', name: 'x' }, 404, /account-not-found/],
      ['an account of somebody else', { kind: 'token', account: 'other', name: 'x' }, 404, /account-not-found/],
      [
        'a customer’s key to the whole directory',
        { kind: 'api-key', account: 'shop', name: 'x', permissions: ['directory:write'] },
        400,
        /in an account without a parent only/,
      ],
    ]
    for (const [what, wanted, status, told] of rows) {
      const answer = await make(server, wanted)
      assert.equal(answer.status, status, what)
      assert.match(JSON.stringify(answer.body), told, what)
    }
    assert.equal((await make(server, { kind: 'token', name: 'x' }, testKey)).status, 403)
    assert.equal((await send(server, 'DELETE', '/v1/credentials/token/other/x')).status, 404)
    const { credentials } = (await send(server, 'GET', '/v1/credentials')).body
    assert.ok(credentials.every(({ createdAt }: { createdAt?: string }) => createdAt === undefined))
  })

  test('two at once with one name: one of them', async (t) => {
    const server = await startTestServer(t, '', config)
    const answers = await Promise.all([1, 2, 3].map(() => make(server, { kind: 'user', name: 'b', role: 'agent' })))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
  })

  test('the longest name there can be is told, shown and revoked', async (t) => {
    const server = await startTestServer(t, '', config)
    const name = '😀'.repeat(64)
    const made = await make(server, { kind: 'token', name })
    assert.equal(made.status, 201)
    assert.equal(made.headers.get('cache-control'), 'no-store')
    assert.equal((await send(server, 'DELETE', made.headers.get('location') ?? '')).status, 204)
  })

  test('a file that takes the account away, or names the same itself, decides', async (t) => {
    const server = await startTestServer(t, '', config)
    const shop = (await make(server, { kind: 'token', account: 'shop', name: 'web' })).body.secret
    const writer = { kind: 'api-key', name: 'root', permissions: ['directory:write', 'calls:read'] }
    const root = (await make(server, writer)).body.secret
    const without = config.replace(/ {2}- name: shop\n.*\n.*\n/, '')
    const web = (await make(server, { kind: 'token', name: 'web' })).body.secret
    const named = config.replace('    roles:', '    tokens: [{ name: web, token: file-token-0001 }]\n    roles:')
    assert.deepEqual(((await (await apply(server, named)).json()) as { changed: string[] }).changed, ['token acme/web'])
    assert.deepEqual([await statusOf(server, web), await statusOf(server, 'file-token-0001')], [401, 200])
    const { removed } = (await (await apply(server, without)).json()) as { removed: string[] }
    assert.deepEqual(removed.sort(), ['account shop', 'line shop/201', 'token acme/web', 'token shop/web'])
    assert.equal(await statusOf(server, shop), 401)
    // Below another account a key no longer changes the directory of all.
    const below = `${without.replace('- name: acme', '- name: acme\n    parent: holding').replace(/.*directory:write.*\n/, '')}  - name: holding\n`
    assert.equal((await apply(server, below)).status, 200)
    assert.equal(await statusOf(server, root), 200)
    assert.equal((await send(server, 'GET', '/v1/credentials', undefined, root)).status, 403)
  })
})
