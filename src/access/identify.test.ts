import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { directoryRecords } from '../config/directory-records.ts'
import { parseConfig } from '../config/load-config.ts'
import { createDirectory } from '../directory/create-directory.ts'
import { PasswordGuard } from '../directory/password-guard.ts'
import type { DirectoryRecords } from '../directory/records.ts'
import { ReplaceableDirectory } from '../directory/replaceable-directory.ts'
import { createIdentify } from './identify.ts'

const key = 'demo-key-acme-0001'
const password = 'demo-pass-0001'
const alice = (secret = password) => `{ name: alice@acme, password: ${secret}, role: agent }`

const crm = `{ name: crm, key: ${key}, permissions: [calls:place] }`

function records(users: string, keys: string, held?: DirectoryRecords): Promise<DirectoryRecords> {
  const text = `
accounts:
  - name: acme
    roles: [{ name: agent, permissions: [calls:place] }]
    apiKeys: [${keys}]
    users: [${users}]
`
  return directoryRecords(parseConfig(text, 'test'), held)
}

interface Changed {
  readonly users?: string
  readonly keys?: string
}

/** Who asks by alice's password, right when it came, where the directory has changed before the check of it is done. */
async function authenticateDuring(
  { users = alice(), keys = crm }: Changed,
  isRight?: (keys: readonly string[]) => boolean,
) {
  const before = await records(alice(), crm)
  const directory = new ReplaceableDirectory(createDirectory(before))
  const { promise: checking, resolve: finish } = Promise.withResolvers<boolean>()
  const identify = createIdentify({
    directory,
    passwords: new PasswordGuard(new VirtualClock(), () => checking),
    guesses: { note: () => {} },
  })
  const signature = isRight && { given: 'a hash', isRight }
  const login = { name: 'alice@acme', password, ...(signature === undefined ? {} : { signature }) }
  const asking = identify.byPassword(login, { address: '192.0.2.1', host: 'voice.example' })
  directory.replace(createDirectory(await records(users, keys, before)))
  finish(true)
  return (await asking)?.name
}

describe('what is withdrawn while a password is being checked', () => {
  it('nothing: the user is who asks', async () => {
    assert.equal(await authenticateDuring({}), 'alice@acme')
  })
  it('the password: the old one is nobody', async () => {
    assert.equal(await authenticateDuring({ users: alice('demo-pass-0002') }), undefined)
  })
  it('the user', async () => {
    assert.equal(await authenticateDuring({ users: '' }), undefined)
  })
  it('the key with which the request was signed', async () => {
    const isRight = (keys: readonly string[]) => keys.includes(key)
    assert.equal(await authenticateDuring({}, isRight), 'alice@acme')
    assert.equal(await authenticateDuring({ keys: '' }, isRight), undefined)
  })
})
