import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { directoryRecords } from '../config/directory-records.ts'
import { parseConfig } from '../config/load-config.ts'
import { createDirectory } from './create-directory.ts'
import { listDirectory } from './list-directory.ts'

const demo = readFileSync(new URL('../config/demo.yaml', import.meta.url), 'utf8')

test('a listing shows everything of the accounts, and no secret', async () => {
  const config = parseConfig(
    demo.replace('demo:', 'trunks: [{ name: t, address: "sip:c.example", password: carrier-secret }]\ndemo:'),
    'f',
  )
  const listing = listDirectory(createDirectory(await directoryRecords(config)), ['acme'])
  assert.deepEqual(listing.lines[0], { account: 'acme', number: '101', fullNumber: '1234101', name: 'Alice' })
  assert.deepEqual(
    listing.credentials.map(({ kind, name }) => `${kind} ${name}`),
    ['api-key crm', 'api-key operator', 'token web', 'user alice@acme'],
  )
  assert.deepEqual(listing.featureCodes, [{ account: 'acme', code: '*60', queue: 'support' }])
  assert.deepEqual(listing.trunks, [{ name: 't', address: 'sip:c.example' }])
  assert.equal((listing.ratePlans[0] as { name: string }).name, 'standard')
  const text = JSON.stringify(listing)
  for (const secret of [
    's3cret',
    'demo-key',
    'demo-token',
    'demo-pass',
    'carrier-secret',
    'ha1',
    'Sha256',
    'passwordHash',
  ]) {
    assert.equal(text.includes(secret), false, secret)
  }
})

test("another account's things are not in it", async () => {
  const text = 'accounts:\n  - { name: a, lines: [{ number: "1", secret: s3cret-1 }] }\n  - { name: b }\n'
  const listing = listDirectory(createDirectory(await directoryRecords(parseConfig(text, 'f'))), ['b'])
  assert.deepEqual([listing.accounts.length, listing.lines.length], [1, 0])
})
