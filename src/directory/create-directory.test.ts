import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cpuMilliseconds } from '../../test/support/cpu-milliseconds.ts'
import { createDirectory, sha256 } from './create-directory.ts'
import { phoneNumberOf } from './parse-dialled-number.ts'
import { hashPassword, nobodysHash, verifyPassword } from './password-hash.ts'
import type { AccountRecord, DirectoryRecords, LineRecord, TrunkRecord } from './records.ts'
import { ReplaceableDirectory } from './replaceable-directory.ts'
import { usernamesOf } from './username-index.ts'

const account = (name: string, more: Partial<AccountRecord> = {}): AccountRecord => ({
  id: 1,
  name,
  country: 'AU',
  domain: 'cordboard',
  callerIds: [],
  emergencyCalls: false,
  queues: [],
  contexts: [],
  featureCodes: {},
  recordGroups: [],
  cards: [],
  webhooks: [],
  ...more,
})

const line = (owner: string, number: string, fullNumber?: string): LineRecord => {
  const identity = { account: owner, number, ...(fullNumber === undefined ? {} : { fullNumber }) }
  const realms = owner === 'initech' ? ['initech.example', 'cordboard'] : ['cordboard']
  const ha1 = realms.flatMap((realm) =>
    usernamesOf(identity).map((username) => ({
      username,
      realm,
      md5: `md5 ${owner} ${username} ${realm}`,
      sha256: `sha ${owner} ${username} ${realm}`,
    })),
  )
  return { ...identity, ha1 }
}

const trunk = (name: string, more: Partial<TrunkRecord> = {}): TrunkRecord => ({
  name,
  address: `sip:${name}.example`,
  format: 'e164',
  prefixes: [''],
  priority: 1,
  ...more,
})

const empty: DirectoryRecords = { accounts: [], lines: [], credentials: [], trunks: [], ratePlans: [] }

describe('the tree of accounts', () => {
  const directory = createDirectory({
    ...empty,
    accounts: [
      account('provider'),
      account('reseller', { parent: 'provider' }),
      account('customer', { parent: 'reseller' }),
      account('other', { parent: 'provider' }),
    ],
  })
  test('an account sees itself and all below it', () => {
    assert.deepEqual(directory.accountsUnder('provider'), ['provider', 'reseller', 'customer', 'other'])
    assert.deepEqual(directory.accountsUnder('reseller'), ['reseller', 'customer'])
    assert.deepEqual(directory.accountsUnder('nobody'), [])
    assert.ok(directory.isSameOrBelow('provider', 'customer'))
    assert.ok(directory.isSameOrBelow('customer', 'customer'))
    assert.ok(!directory.isSameOrBelow('other', 'customer'))
  })
})

describe('lines', () => {
  const directory = createDirectory({
    ...empty,
    accounts: [account('acme'), account('globex'), account('initech', { domain: 'initech.example' })],
    lines: [
      line('acme', '101', '1234101'),
      line('acme', '102'),
      line('globex', '101', '7654101'),
      line('initech', '101'),
      line('initech', '102'),
    ],
  })
  const whose = (username: string, domain?: string) => directory.lineByUsername(username, domain)?.account

  test('by extension and by full number, in the own account only', () => {
    assert.equal(directory.findLine('acme', '101')?.account, 'acme')
    assert.equal(directory.findLine('acme', '1234101')?.number, '101')
    assert.equal(directory.findLine('acme', '7654101'), undefined)
    assert.equal(directory.line('acme', '1234101'), undefined)
    assert.equal(directory.lineByFullNumber('7654101')?.account, 'globex')
    assert.deepEqual(
      directory.listLines('acme').map(({ number }) => number),
      ['101', '102'],
    )
    assert.equal(directory.listLines().length, 5)
  })

  test('an extension is a username where one line of the domain has it; NUMBER@ACCOUNT and the full number always', () => {
    assert.equal(whose('101', 'cordboard'), undefined)
    assert.equal(whose('102', 'cordboard'), 'acme')
    assert.equal(whose('101', 'initech.example'), 'initech')
    assert.equal(whose('101@globex', 'cordboard'), 'globex')
    assert.equal(whose('7654101', 'cordboard'), 'globex')
    assert.equal(whose('7654101', 'initech.example'), undefined)
  })

  test('where a phone gives a domain that is none of ours, the name must be the only one of the server', () => {
    assert.equal(whose('101', '192.0.2.1'), undefined)
    assert.equal(whose('102', '192.0.2.1'), undefined)
    assert.equal(whose('102@acme', '192.0.2.1'), 'acme')
    assert.equal(whose('1234101'), 'acme')
  })

  test('digests are those of the name that the phone gave', () => {
    assert.equal(directory.authenticateSip('101@acme', 'cordboard')?.ha1Md5, 'md5 acme 101@acme cordboard')
    assert.equal(directory.authenticateSip('101', 'initech.example')?.ha1Sha256, 'sha initech 101 initech.example')
    assert.equal(directory.authenticateSip('101', 'cordboard'), undefined)
    assert.equal(directory.authenticateSip('__proto__', 'cordboard'), undefined)
  })

  test('a phone of an account with its own domain may be asked under the server’s realm, and under no other', () => {
    const found = directory.authenticateSip('101@initech', 'cordboard')
    assert.deepEqual([found?.line.account, found?.ha1Md5], ['initech', 'md5 initech 101@initech cordboard'])
    assert.equal(directory.authenticateSip('101@acme', 'initech.example'), undefined)
    assert.equal(directory.authenticateSip('101@acme', '192.0.2.1'), undefined)
  })

  test('which domain of ours a host names, whether its lines exist or not', () => {
    assert.equal(directory.sipDomain('INITECH.example'), 'initech.example')
    assert.equal(directory.sipDomain('192.0.2.1'), undefined)
  })

  test('a mark stands for a line’s secret', () => {
    const mark = directory.sipSecretMark('acme', '101')
    assert.match(mark ?? '', /^[0-9a-f]{16}$/)
    assert.notEqual(directory.sipSecretMark('acme', '102'), mark)
    assert.equal(directory.sipSecretMark('acme', '999'), undefined)
  })
})

describe('trunks', () => {
  const directory = createDirectory({
    ...empty,
    accounts: [account('provider'), account('acme', { parent: 'provider' }), account('other')],
    trunks: [
      trunk('backup', { priority: 9, format: 'national', username: 'u', password: 'p' }),
      trunk('mobile', { prefixes: ['+614'] }),
      trunk('own', { accounts: ['provider'], priority: 0, format: 'plain' }),
    ],
  })
  const names = (name: string, digits: string) => {
    const number = phoneNumberOf(directory.parseNumber(name, digits))
    assert.ok(number)
    return directory.trunksFor(name, number).map(({ name: trunkName, dialString }) => `${trunkName} ${dialString}`)
  }
  test('by priority, by prefix, by account and those above it, each with its own format', () => {
    assert.deepEqual(names('acme', '0412345678'), ['own 61412345678', 'mobile +61412345678', 'backup 0412345678'])
    assert.deepEqual(names('other', '0412345678'), ['mobile +61412345678', 'backup 0412345678'])
    assert.deepEqual(names('other', '0255501000'), ['backup 0255501000'])
  })
  test('credentials go along', () => {
    const [, backup] = directory.trunksFor('other', { canonical: '+61412345678', emergency: false })
    assert.equal(backup?.password, 'p')
    assert.deepEqual(directory.trunkCredentials('backup'), { username: 'u', password: 'p' })
  })
  test('and where there are none, or no such trunk, there is nothing', () => {
    assert.equal(directory.trunkCredentials('mobile'), undefined)
    assert.equal(directory.trunkCredentials('unheard-of'), undefined)
  })
})

describe('credentials', async () => {
  const directory = createDirectory({
    ...empty,
    accounts: [account('acme')],
    credentials: [
      { kind: 'api-key', account: 'acme', name: 'crm', permissions: ['calls:place'], secretSha256: sha256('key-0001') },
      {
        kind: 'token',
        account: 'acme',
        name: 'web',
        permissions: [],
        lines: ['101'],
        secretSha256: sha256('tok-0001'),
      },
      { kind: 'user', account: 'acme', name: 'alice', permissions: [], passwordHash: await hashPassword('wonderland') },
    ],
  })
  test('a key or token by its secret', () => {
    const key = directory.keyBySecret('key-0001')
    assert.deepEqual([key?.kind, key?.name, key?.permissions.has('calls:place')], ['api-key', 'crm', true])
    assert.deepEqual([...(directory.keyBySecret('tok-0001')?.lines ?? [])], ['101'])
    for (const wrong of ['', 'key-0002', sha256('key-0001')]) assert.equal(directory.keyBySecret(wrong), undefined)
  })
  test('a user by name and password', async () => {
    const alice = directory.userWithHash('alice')
    assert.equal(alice?.credential.name, 'alice')
    assert.equal(await verifyPassword('wonderland', alice.passwordHash), true)
    assert.equal(await verifyPassword('Wonderland', alice.passwordHash), false)
    assert.equal(directory.userWithHash('nobody'), undefined)
    for (const guess of ['', 'wonderland']) assert.equal(await verifyPassword(guess, nobodysHash), false)
  })
  test('what it lists holds no secret', () => {
    assert.doesNotMatch(JSON.stringify(directory.listCredentials('acme')), /sha256|hash/i)
  })
})

test('a replaced directory answers from the new one at once', () => {
  const directory = new ReplaceableDirectory(createDirectory({ ...empty, accounts: [account('old')] }))
  const { country } = directory
  directory.replace(createDirectory({ ...empty, accounts: [account('new', { country: 'RO' })] }))
  assert.equal(directory.account('old'), undefined)
  assert.equal(country('new'), 'RO')
})

test('100,000 lines in 10,000 accounts: a look-up takes microseconds', () => {
  const accounts = Array.from({ length: 10_000 }, (_, index) => account(`a${index}`, { parent: 'root' }))
  const lines = accounts.flatMap(({ name }) => Array.from({ length: 10 }, (_, index) => line(name, `${100 + index}`)))
  const directory = createDirectory({ ...empty, accounts: [account('root'), ...accounts], lines })
  const started = cpuMilliseconds()
  for (let index = 0; index < 10_000; index++) {
    directory.findLine(`a${index}`, '105')
    directory.listLines(`a${index}`)
    directory.accountsUnder(`a${index}`)
    directory.authenticateSip(`105@a${index}`, 'cordboard')
  }
  assert.ok(cpuMilliseconds() - started < 1000)
})
