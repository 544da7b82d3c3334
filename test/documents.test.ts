import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type CountryCode, parsePhoneNumberWithError } from 'libphonenumber-js/max'
import { z } from 'zod'
import { configSchema } from '../src/config/config-schema.ts'
import { loadConfig, parseConfig } from '../src/config/load-config.ts'
import { trunkOutcomes } from '../src/demo/start-demo.ts'
import { permissions } from '../src/directory/permission.ts'
import { peerPackages } from './support/peers.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const packageJson = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const pages = globSync(['*.md', 'docs/**/*.md', 'src/**/*.md'], { cwd: root })

test('docs/dependencies.md has one row for every dependency, and none for others', () => {
  const rows = [...read('docs/dependencies.md').matchAll(/^\| (@?[a-z][\w./-]*) \| .+ \| .+ \| .+ \|$/gm)]
  const named = rows.map(([, name]) => name).filter((name) => name !== 'package')
  const wanted = [...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.devDependencies)]
  assert.deepEqual(named.sort(), wanted.sort())
})

test('docs/decisions/README.md lists every decision by its title, and each has its date', () => {
  const index = read('docs/decisions/README.md')
  for (const file of globSync('docs/decisions/2*.md', { cwd: root })) {
    const name = file.slice('docs/decisions/'.length)
    const date = name.slice(0, '2026-11-21'.length)
    const [title, , second] = read(file).split('\n')
    assert.ok(index.includes(`| ${date} | [${title?.slice('# '.length)}](${name}) |`), `${name} is not in the index`)
    assert.equal(second, date, `${name} does not begin with its title and date`)
  }
})

test('docs/configuration.md explains every key of the configuration and every permission', () => {
  const page = read('docs/configuration.md')
  const keys = new Set<string>()
  const collect = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return
    const { properties = {} } = schema as { readonly properties?: object }
    for (const key of Object.keys(properties)) keys.add(key)
    for (const part of Object.values(schema)) collect(part)
  }
  collect(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }))
  for (const permission of permissions) keys.add(permission)
  assert.ok(keys.size > 40)
  const missing = [...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(page))
  assert.deepEqual(missing, [])
})

test('every example of a configuration is sound', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cordboard-'))
  writeFileSync(join(folder, 'crm'), 'from-a-file')
  const places = { environment: { SIP_SECRET_101: 'from-the-environment' }, folder }
  let examples = 0
  for (const page of ['README.md', 'docs/configuration.md']) {
    for (const [block] of read(page).matchAll(/^(?: {4}.*\n)(?:(?: {4}.*)?\n)*/gm)) {
      const text = block.replace(/^ {4}/gm, '').replace('/run/secrets', '.')
      const [, key = ''] = /^([a-zA-Z]+):/.exec(text) ?? []
      const isOfAccount = key === 'lines'
      if (!Object.hasOwn(configSchema.shape, key) && !isOfAccount) continue
      const account = isOfAccount ? text.replace(/^/gm, '    ') : ''
      parseConfig(`${isOfAccount ? '' : text}\naccounts:\n  - name: acme\n${account}`, page, places)
      examples++
    }
  }
  rmSync(folder, { recursive: true })
  assert.ok(examples >= 6, String(examples))
})

test('docs/configuration.md tells the outcomes of the demo carrier', () => {
  const page = read('docs/configuration.md')
  for (const { suffix, outcome } of trunkOutcomes) assert.ok(page.includes(`${suffix} ${outcome}`), suffix)
})

test('every link between the pages leads somewhere', () => {
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      assert.ok(existsSync(join(root, dirname(page), target)), `${page} links to ${target}, which is not there`)
    }
  }
})

test('every npm script that the pages name exists', () => {
  for (const page of pages) {
    for (const [, name = ''] of read(page).matchAll(/\bnpm (?:run )?(start|test|(?<=run )[a-z-]+)\b/g)) {
      assert.ok(packageJson.scripts[name] !== undefined, `${page} names "npm run ${name}"`)
    }
  }
})

test('the README uses the demo configuration as it is', () => {
  const readme = read('README.md')
  const config = loadConfig(join(root, 'src/config/demo.yaml'))
  const [account] = config.accounts
  for (const value of [account?.apiKeys[0]?.key, account?.lines[0]?.secret, String(config.http.port)]) {
    assert.ok(value !== undefined && readme.includes(value), `the README does not name ${value}`)
  }
})

test('the number that the pages call barred is, by the rate plan of the demo', () => {
  const { accounts, ratePlans } = loadConfig(join(root, 'src/config/demo.yaml'))
  const plan = ratePlans.find(({ name }) => name === accounts[0]?.ratePlan)
  for (const page of ['README.md', 'docs/configuration.md']) {
    const [, number = ''] = /`(\d+)` is (?:refused as `)?barred/.exec(read(page)) ?? []
    const canonical = parsePhoneNumberWithError(number, accounts[0]?.country as CountryCode).number
    const rates = plan?.rates.filter(({ prefix }) => canonical.startsWith(prefix)) ?? []
    const longest = rates.toSorted((one, other) => other.prefix.length - one.prefix.length)[0]
    assert.ok(longest !== undefined && 'barred' in longest, `${page}: ${canonical}`)
  }
})

test('.ci/run installs the package of every peer', () => {
  const script = read('.ci/run')
  for (const name of Object.values(peerPackages)) assert.match(script, new RegExp(`^packages=\\(.*\\b${name}\\b`, 'm'))
})

test('LICENSE is the one that package.json names', () => {
  assert.match(read('LICENSE'), /Apache License\s+Version 2\.0, January 2004/)
})
