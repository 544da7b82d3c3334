import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keepMadeCredentials } from './keep-made-credentials.ts'
import type { AccountRecord, CredentialRecord, DirectoryRecords } from './records.ts'

const account = (name: string, parent?: string) =>
  ({ name, ...(parent === undefined ? {} : { parent }) }) as unknown as AccountRecord

const credential = (text: string, more: Partial<CredentialRecord> = {}): CredentialRecord => {
  const [kind, owner = '', name = ''] = text.split(' ')
  return { kind: kind as CredentialRecord['kind'], account: owner, name, permissions: ['calls:place'], ...more }
}
const made = (text: string, more: Partial<CredentialRecord> = {}) => credential(text, { madeAt: 1, ...more })

const file = (...credentials: CredentialRecord[]): DirectoryRecords => ({
  accounts: [account('acme'), account('shop', 'acme')],
  lines: [],
  credentials,
  trunks: [],
  ratePlans: [],
})
const namesOf = ({ credentials }: DirectoryRecords) =>
  credentials.map(({ kind, account: owner, name, madeAt }) => `${kind} ${owner} ${name}${madeAt ? ' made' : ''}`)

describe('beside the file stay credentials', () => {
  for (const [what, held, inFile, expected] of [
    ['that were made', [made('token acme web')], [], ['token acme web made']],
    ['but none that an earlier file held', [credential('token acme web')], [], []],
    ['but none of an account that is gone', [made('token gone web')], [], []],
    ['but none that the file names', [made('token acme web')], [credential('token acme web')], ['token acme web']],
    [
      'of another kind with the same name',
      [made('api-key acme web')],
      [credential('token acme web')],
      ['token acme web', 'api-key acme web made'],
    ],
    [
      'of another account with the same name',
      [made('token shop web')],
      [credential('token acme web')],
      ['token acme web', 'token shop web made'],
    ],
    [
      'but no user whose name the file gives to another account',
      [made('user shop bob')],
      [credential('user acme bob')],
      ['user acme bob'],
    ],
    [
      'but none whose secret was written into the file',
      [made('token acme web', { secretSha256: 'ab' })],
      [credential('token acme site', { secretSha256: 'ab' })],
      ['token acme site'],
    ],
  ] as const) {
    test(what, () => assert.deepEqual(namesOf(keepMadeCredentials(file(...inFile), held)), expected))
  }

  test('without directory:write where their account now stands below another', () => {
    const writer = { permissions: ['directory:write', 'calls:read'] } as const
    const kept = keepMadeCredentials(file(), [made('api-key acme a', writer), made('api-key shop b', writer)])
    assert.deepEqual(
      kept.credentials.map(({ permissions }) => permissions),
      [['directory:write', 'calls:read'], ['calls:read']],
    )
  })
})
