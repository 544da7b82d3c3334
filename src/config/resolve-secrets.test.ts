import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { folder } from '../../test/support/run-cli.ts'
import { bundleConfig, loadConfig, loadConfigWithoutSecrets, parseConfig } from './load-config.ts'

const variable = (name: string) => `$\{${name}}`

/** A file with a line whose secret is written so. */
const lineWith = (secret: string) =>
  `accounts:\n  - name: acme\n    lines:\n      - number: "101"\n        secret: ${secret}\n`

const places = {
  environment: { SIP_SECRET: 'from-the-environment', EMPTY: '', PART: 'part-of-it' },
  folder: '/nowhere',
}

const secretOf = (text: string): string | undefined => parseConfig(text, 'f', places).accounts[0]?.lines[0]?.secret

describe('a secret', () => {
  const read: readonly (readonly [written: string, secret: string])[] = [
    [variable('SIP_SECRET'), 'from-the-environment'],
    [`"${variable('SIP_SECRET')}"`, 'from-the-environment'],
    [`a-${variable('PART')}-b`, 'a-part-of-it-b'],
    [`$${variable('SIP_SECRET')}`, variable('SIP_SECRET')],
    ['pa$$word$1', 'pa$$word$1'],
    ['$SIP_SECRET', '$SIP_SECRET'],
    ['"{ file: x }"', '{ file: x }'],
  ]
  for (const [written, secret] of read)
    test(`${written} is ${secret}`, () => assert.equal(secretOf(lineWith(written)), secret))

  const refused: readonly (readonly [written: string, message: RegExp])[] = [
    [
      variable('ABSENT'),
      /^f:5:17: accounts\[0\]\.lines\[0\]\.secret needs the environment variable ABSENT, which is not set/,
    ],
    [variable('EMPTY'), /^f:5:17: .* EMPTY, which is empty/],
    [variable('constructor'), /^f:5:17: .* variable constructor, which is not set/],
    [`"${'$'}{SIP_SECRET:-x}"`, /^f:5:17: .*without a name and/],
    [`"${'$'}{}"`, /^f:5:17: .*without a name and/],
    ['{ file: /nowhere/at/all }', /^f:5:17: .*needs the file \/nowhere\/at\/all, which is not there$/],
    ['{ file: / }', /^f:5:17: .*which cannot be read: it is a folder: name a file$/],
    ['{ fiel: x }', /^f:5:17: .*must be text, .*\{ file: PATH \}/],
    ['{ file: x, mode: 1 }', /^f:5:17: .*must be text/],
    ['{ file: "" }', /^f:5:17: .*must be text/],
    ['{ file: /dev/null }', /^f:5:17: .*which is empty$/],
    [`{ file: "${variable('ABSENT')}/x" }`, /^f:5:17: .*variable ABSENT, which is not set/],
    [`{ secret: ${variable('SIP_SECRET')} }`, /^f:5:28: ..SIP_SECRET. needs quotes here: "..SIP_SECRET."$/],
  ]
  for (const [written, message] of refused)
    test(`${written} is refused`, () =>
      assert.throws(
        () => secretOf(lineWith(written)),
        (error: Error) => message.test(error.message) && !error.message.includes('\n'),
      ))

  test('every kind of secret is looked up', () => {
    const text = `
accounts:
  - name: acme
    apiKeys: [ { name: a, key: "${variable('KEY')}", permissions: [calls:read] } ]
    tokens: [ { name: b, token: "${variable('TOKEN')}" } ]
    users: [ { name: c, password: "${variable('PASSWORD')}", role: r } ]
    roles: [ { name: r, permissions: [calls:read] } ]
trunks: [ { name: t, address: "sip:c.example", username: u, password: "${variable('TRUNK')}" } ]`
    const environment = { KEY: 'key-of-8', TOKEN: 'token-of-8', PASSWORD: 'password', TRUNK: 'short' }
    const { accounts, trunks } = parseConfig(text, 'f', { environment, folder: '.' })
    const [account] = accounts
    assert.deepEqual(
      [account?.apiKeys[0]?.key, account?.tokens[0]?.token, account?.users[0]?.password, trunks[0]?.password],
      Object.values(environment),
    )
  })

  test('what is no secret stays as it is written', () => {
    const text = `${lineWith('abcdefgh')}        name: "${variable('SIP_SECRET')}"\n`
    assert.equal(parseConfig(text, 'f', places).accounts[0]?.lines[0]?.name, variable('SIP_SECRET'))
  })

  test('a file stands beside the configuration; its last line break is not part of it', (t) => {
    const here = folder(t)
    mkdirSync(join(here, 'secrets'))
    writeFileSync(join(here, 'secrets', '101'), 's3cret-101\r\n')
    writeFileSync(join(here, 'cordboard.yaml'), lineWith(`{ file: "${variable('WHERE')}/101" }`))
    const config = loadConfig(join(here, 'cordboard.yaml'), { WHERE: 'secrets' })
    assert.equal(config.accounts[0]?.lines[0]?.secret, 's3cret-101')
  })

  test('a file of 5 kB was named by mistake', (t) => {
    const here = folder(t)
    writeFileSync(join(here, 'long'), 'x'.repeat(5000))
    assert.throws(() => secretOf(lineWith(`{ file: ${join(here, 'long')} }`)), /too long for a secret/)
  })
})

describe('what is sent to a server', () => {
  test('it looks nothing up: neither its environment nor its files are told to whoever sends', () => {
    const message = /a server looks up no secret for what is sent to it; "cordboard apply FILE"/
    assert.throws(() => parseConfig(lineWith(variable('PATH')), 'f'), message)
    assert.throws(() => parseConfig(lineWith('{ file: /etc/hostname }'), 'f'), message)
  })

  test('a bundle holds the secrets, each read by the server as it was meant, and moves no line', (t) => {
    const file = join(folder(t), 'cordboard.yaml')
    const secrets = ['with: "colon" # and', 'dollar$${x', ' spaces ', 'ünïcode-8', '{ file: x }', '12345678']
    for (const secret of secrets) {
      writeFileSync(file, `# a comment\n${lineWith(variable('S'))}`)
      const { text } = bundleConfig(file, { S: secret })
      assert.equal(parseConfig(text, 'f').accounts[0]?.lines[0]?.secret, secret)
    }
  })

  test('a bundle holds the secrets of what stands in two places by an alias', (t) => {
    const file = join(folder(t), 'cordboard.yaml')
    const lines = `&both\n      - { number: "101", secret: &one "${variable('S')}" }\n      - { number: "102", secret: *one }\n`
    writeFileSync(file, `accounts:\n  - name: acme\n    lines: ${lines}  - name: shop\n    lines: *both\n`)
    const { accounts } = parseConfig(bundleConfig(file, { S: 's3cret-101' }).text, 'f')
    assert.deepEqual(
      accounts.flatMap(({ name, lines: [first, second] }) => [name, first?.secret, second?.secret]),
      ['acme', 's3cret-101', 's3cret-101', 'shop', 's3cret-101', 's3cret-101'],
    )
  })

  test('without references a file is sent as it is', (t) => {
    const file = join(folder(t), 'cordboard.yaml')
    const text = `# comment\n\n\n${lineWith('"abcdefgh"   # odd   spacing')}`
    writeFileSync(file, text)
    assert.equal(bundleConfig(file, {}).text, text)
  })
})

test('a command that needs one key reads a file whose other secrets are not at hand', (t) => {
  const file = join(folder(t), 'cordboard.yaml')
  writeFileSync(file, lineWith(variable('ABSENT')))
  const { config, missing } = loadConfigWithoutSecrets(file, {})
  assert.deepEqual([...missing], [config.accounts[0]?.lines[0]?.secret])
})
