import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseConfig } from '../config/load-config.ts'
import { describeFirstCall } from './describe-first-call.ts'

const demo = readFileSync(new URL('../config/demo.yaml', import.meta.url), 'utf8')
const describe = (yaml: string) =>
  describeFirstCall(parseConfig(yaml, 'f'), 'http://127.0.0.1:8080', [{ suffix: '486', outcome: 'busy' }]).join('\n')

test('the demo: a call between two phones, and what the carrier does', () => {
  assert.equal(
    describe(demo),
    `Place a first call between two built-in phones, from another terminal:

  curl -X POST http://127.0.0.1:8080/v1/calls -H 'Authorization: Bearer demo-key-acme-0001' -H 'Content-Type: application/json' \\
    -d '{"first":{"line":"101"},"second":{"dial":"102"}}'

The simulated carrier takes any other number to dial: 0412345678 answers; one that ends in
  486  busy
and one that begins with +611900 or +1900 is barred by the rate plan.
`,
  )
})

const changes: readonly (readonly [
  what: string,
  change: (yaml: string) => string,
  shown: RegExp,
  notShown: RegExp | undefined,
])[] = [
  [
    'other lines',
    (yaml) => yaml.replaceAll('"101"', '"201"').replace('acme/101', 'acme/201'),
    /"line":"201"}.*"dial":"102"/,
    /101/,
  ],
  [
    'one phone: it calls the carrier',
    (yaml) => yaml.replace(', "acme/102", "acme/103"', ''),
    /"line":"101"}.*"dial":"0412345678"/,
    /"102"/,
  ],
  ['another country', (yaml) => yaml.replace('country: AU', 'country: GB'), /\+61412345678 answers/, /0412345678/],
  [
    'a key that may only read: the next one is shown',
    (yaml) =>
      yaml
        .replace('permissions: [calls:place, calls:read, calls:control', 'permissions: [calls:read')
        .replace('key-operator-0001, permissions: [', 'key-operator-0001, permissions: [calls:place, '),
    /demo-key-operator-0001/,
    /demo-key-acme-0001/,
  ],
  [
    'a real trunk, which would reach a person',
    (yaml) => `${yaml}trunks: [ { name: t, address: "sip:carrier.example" } ]`,
    /"dial":"102"/,
    /carrier/,
  ],
  ['the number of the example barred', (yaml) => yaml.replace('"+611900"', '"+614"'), /"dial":"102"/, /carrier/],
]
for (const [what, change, shown, notShown] of changes) {
  test(`changed: ${what}`, () => {
    const text = describe(change(demo))
    assert.match(text, shown)
    if (notShown !== undefined) assert.doesNotMatch(text, notShown)
  })
}

const silences: readonly (readonly [what: string, change: (yaml: string) => string])[] = [
  ['no demo', (yaml) => yaml.slice(0, yaml.indexOf('\ndemo:'))],
  ['no phone and no carrier', (yaml) => yaml.replace(/ {2}phones: .*/, '').replace('trunk: demo', 'phones: []')],
  ['one phone and no carrier', (yaml) => yaml.replace(', "acme/102", "acme/103"', '').replace('trunk: demo', '')],
  ['no key that may place calls', (yaml) => yaml.replace('permissions: [calls:place, ', 'permissions: [')],
  ['the native API switched off', (yaml) => `${yaml}dialects: { native: { enabled: false } }`],
  ['the native API for another host name', (yaml) => `${yaml}dialects: { native: { hosts: [voice.example] } }`],
  ['an account for another network', (yaml) => yaml.replace('country: AU', 'networks: [192.0.2.0/24]')],
]
for (const [what, change] of silences) test(`nothing to show: ${what}`, () => assert.equal(describe(change(demo)), ''))
