import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directoryRecords } from '../config/directory-records.ts'
import { parseConfig } from '../config/load-config.ts'
import { createDirectory } from './create-directory.ts'
import { type Giver, makeCredential, type WantedCredential } from './make-credential.ts'

const config = `
accounts:
  - name: provider
  - name: shop
    parent: provider
    lines: [ { number: "201", secret: s3cret-201 }, { number: "202", secret: s3cret-202 } ]
    roles:
      - { name: reader, permissions: [calls:read] }
      - { name: agent, permissions: [calls:read, calls:control] }
`
const directory = createDirectory(await directoryRecords(parseConfig(config, 'f')))

const wanted = (more: Partial<WantedCredential>): WantedCredential => ({
  kind: 'api-key',
  account: 'shop',
  name: 'new',
  ...more,
})
const giver = (account: string, permissions: readonly string[], lines?: readonly string[]): Giver => ({
  account,
  permissions: new Set(permissions),
  ...(lines === undefined ? {} : { lines: new Set(lines) }),
})
const faultsOf = async (asked: Partial<WantedCredential>, by: Giver) => {
  const made = await makeCredential(wanted(asked), by, directory, 0)
  return 'faults' in made ? made.faults.map(({ member }) => member) : []
}

const ofShop = giver('shop', ['directory:write', 'calls:read'])
const ofOneLine = giver('shop', ['directory:write', 'calls:read', 'calls:place'], ['201'])

const cases: readonly (readonly [title: string, Partial<WantedCredential>, Giver, readonly string[]])[] = [
  ['what it has', { permissions: ['calls:read'] }, ofShop, []],
  ['what it has not', { permissions: ['calls:read', 'calls:control'] }, ofShop, ['permissions']],
  ['a token without permissions of its own, which may place calls', { kind: 'token' }, ofShop, ['permissions']],
  ['a role that it has', { kind: 'user', role: 'reader' }, ofShop, []],
  ['a role that can more', { kind: 'user', role: 'agent' }, ofShop, ['role']],
  ['a token of its lines', { kind: 'token', lines: ['201'] }, ofOneLine, []],
  ['a token of other lines', { kind: 'token', lines: ['201', '202'] }, ofOneLine, ['lines']],
  ['a token of all lines', { kind: 'token' }, ofOneLine, ['lines']],
  ['a key, which has all lines', { permissions: ['calls:read'] }, ofOneLine, ['lines']],
  [
    'the whole directory to who is bound to lines',
    { kind: 'token', account: 'provider', lines: [], permissions: ['directory:write'] },
    giver('provider', ['directory:write']),
    ['permissions'],
  ],
  [
    'anything, from an account without a parent',
    { permissions: ['calls:control'] },
    giver('provider', ['directory:write']),
    [],
  ],
]
for (const [title, asked, by, faults] of cases) {
  test(`a credential gives ${title}`, async () => assert.deepEqual(await faultsOf(asked, by), faults))
}
