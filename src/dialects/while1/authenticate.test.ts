import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { cpuMilliseconds } from '../../../test/support/cpu-milliseconds.ts'
import type { Access, Authentication, Login } from '../../access/access.ts'
import type { ApiSession } from '../../access/api-session.ts'
import { httpBuildQuery } from '../php/http-build-query.ts'
import { parseJson } from '../php/parse-json.ts'
import { parseQuery } from '../php/parse-query.ts'
import type { PhpArray } from '../php/php-array.ts'
import { authenticate } from './authenticate.ts'

const asking = { dialect: 'while1', from: { address: '192.0.2.1', host: 'a' }, permissions: ['calls:place'] } as const
const alice: Authentication = { session: {} as ApiSession }
const nobody: Authentication = { denial: { reason: 'unknown' } }

const read = (query: string): PhpArray => {
  const input = parseQuery(query)
  return 'fault' in input ? assert.fail(input.fault) : input.values
}

const sign = (query: string, key: string): PhpArray =>
  read(
    `${query}&api_hash=${createHash('md5')
      .update(`${httpBuildQuery(read(query))}${key}`)
      .digest('hex')}`,
  )

const right = 'api_username=alice&api_password=right&data[a]=1'

/** What the server is asked, in order; the account's keys are `keys`. */
function door(keys: readonly string[] = ['key-1', 'key-2', 'Schlüssel']) {
  const asked: string[] = []
  return {
    asked,
    access: {
      authenticateKey: (secret) => (secret === 'token' ? alice : nobody),
      async authenticateUser(login) {
        const { name, password, signature } = login ?? assert.fail('nothing to check')
        asked.push(`user ${name}`)
        const isSigned = signature?.isRight(keys) ?? true
        return name === 'alice' && password === 'right' && isSigned ? alice : nobody
      },
    } satisfies Access,
  }
}

const isAllowed = async (values: PhpArray, keys?: readonly string[], authorization?: string): Promise<boolean> =>
  'session' in (await authenticate(values, authorization, asking, door(keys).access))

describe('a user and a hash', () => {
  for (const key of ['key-1', 'key-2', 'Schlüssel']) {
    it(`signed with ${key}, one of the account's keys`, async () => assert.ok(await isAllowed(sign(right, key))))
  }
  it('signed with no key', async () => assert.ok(!(await isAllowed(sign(right, '')))))
  it('signed with no key, and the account has none', async () => assert.ok(!(await isAllowed(sign(right, ''), []))))
  it('signed with a prefix of a key', async () => assert.ok(!(await isAllowed(sign(right, 'key-')))))
  it('the wrong password', async () => assert.ok(!(await isAllowed(sign(right.replace('right', 'x'), 'key-1')))))
  it('a password as a JSON number is the same text', async () => {
    const numbers: Access = {
      ...door().access,
      authenticateUser: async (login: Login | undefined) => (login?.password === '12' ? alice : nobody),
    }
    const values = sign(right.replace('right', '12'), 'key-1')
    values.set('api_password', 12n)
    assert.ok('session' in (await authenticate(values, undefined, asking, numbers)))
  })
})

describe('what a wrong guess learns', () => {
  it('is the same for a wrong user, a wrong password and a wrong key', async () => {
    const guesses = [
      sign(right.replace('alice', 'nobody'), 'key-1'),
      sign(right.replace('right', 'wrong'), 'key-1'),
      sign(right, 'wrong'),
    ]
    const answers = []
    for (const guess of guesses) answers.push(await authenticate(guess, undefined, asking, door().access))
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1)
  })

  it('takes the password check of a right one, whoever the user and whatever the hash', async () => {
    for (const [values, expected] of [
      [sign(right, 'key-1'), ['user alice']],
      [sign(right, 'wrong'), ['user alice']],
      [sign(right.replace('alice', 'nobody'), 'key-1'), ['user nobody']],
    ] as const) {
      const { asked, access } = door()
      await authenticate(values, undefined, asking, access)
      assert.deepEqual(asked, expected)
    }
  })
})

describe('a name that 990 values repeat, 180 MB of query out of 62 KB of JSON', () => {
  const input = parseJson(JSON.stringify({ ['~'.repeat(60_000)]: Array(990).fill(0) }))
  const values = 'fault' in input ? assert.fail(input.fault) : input.values
  for (const credential of ['api_username', 'api_password', 'api_hash']) values.set(credential, 'x')

  it('is refused before much of it is built', async () => {
    const { access } = door()
    const before = cpuMilliseconds()
    assert.ok('faults' in (await authenticate(values, undefined, asking, access)))
    // It took 1.5 s where all of it was built.
    assert.ok(cpuMilliseconds() - before < 300)
  })
})

describe('a Bearer token', () => {
  it('needs nothing else', async () => assert.ok(await isAllowed(read('data[a]=1'), [], 'Bearer token')))
  it('in any case of its scheme', async () => assert.ok(await isAllowed(read(''), [], 'bearer token')))
  it('that is wrong is not made good by a hash', async () =>
    assert.ok(!(await isAllowed(sign(right, 'key-1'), undefined, 'Bearer wrong'))))
  for (const authorization of [
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'token',
    'Basic token',
    `Bearer ${'t'.repeat(600)}`,
  ]) {
    it(`${authorization.slice(0, 20)} is none`, async () => assert.ok(!(await isAllowed(read(''), [], authorization))))
  }
})
