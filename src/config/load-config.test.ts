import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { ConfigError, loadConfig, parseConfig } from './load-config.ts'

/** The configuration of DESIGN.md, whole. */
const whole = `
http: { host: 127.0.0.1, port: 8080 }
sip:
  listen: [ "udp:127.0.0.1:5060" ]          # udp, tcp
  advertise: null
media: { host: 127.0.0.1, ports: 20000-29999, workers: 1 }
store: sqlite:./data/cordboard.db
accounts:
  - name: acme
    country: AU
    lines:
      - { number: "101", fullNumber: "1234101", secret: s3cret-101, name: Alice }
      - { number: "102", fullNumber: "1234102", secret: s3cret-102, name: Bob }
      - { number: "103", secret: s3cret-103 }
    apiKeys:
      - { name: crm, key: demo-key-acme-0001, permissions: [calls:place, calls:read] }
    tokens:
      - { name: web, token: demo-token-0001, lines: all }
      - { name: kiosk, token: demo-token-0002, lines: ["101"] }
    users:
      - { name: alice@acme, password: demo-pass-0001, role: agent, line: "101" }
    roles:
      - { name: agent, permissions: [calls:place, calls:read, calls:control] }
    queues:
      - { name: support, number: "600", strategy: longest-idle, members: ["101", "102"], wrapUpSeconds: 10 }
    contexts:
      - name: welcome
        steps:
          - { play: tone:dial, unless: SKIP_WELCOME }
          - { queue: support, unless: SKIP_ENTER_QUEUE }
    featureCodes: { "*60": { queue: support } }
    recordGroups: [ { id: 1, name: all } ]
    cards: [ { number: "9001", balance: 10.00 } ]
    ratePlan: standard
    balance: 25.00
    callerIds: [ "+61255501000" ]
ratePlans:
  - name: standard
    currency: AUD
    rates: [ { prefix: "+61", perMinute: 0.05 }, { prefix: "+1900", barred: true } ]
trunks:
  - { name: default-trunk, address: "sip:127.0.0.1:6002", format: e164, accounts: [acme], prefixes: [""], priority: 1 }
demo:
  phones: [ "acme/101", "acme/102", "acme/103" ]
  trunk: demo
`

test('the whole configuration of the design is sound', () => {
  const config = parseConfig(whole, 'cordboard.yaml')
  const [account] = config.accounts
  assert.equal(account?.lines.length, 3)
  assert.deepEqual(
    account?.tokens.map(({ lines }) => lines),
    ['all', ['101']],
  )
  assert.deepEqual(config.demo?.phones, ['acme/101', 'acme/102', 'acme/103'])
  assert.deepEqual(config.ratePlans[0]?.rates[1], { prefix: '+1900', barred: true })
})

test('an empty file is sound: everything has a default', () => {
  const config = parseConfig('', 'cordboard.yaml')
  assert.equal(config.store, 'sqlite:./data/cordboard.db')
  assert.deepEqual(config.sip.listen, ['udp:127.0.0.1:5060'])
  assert.equal(config.calls.ringSeconds, 30)
  assert.deepEqual(config.accounts, [])
  assert.equal(config.demo, undefined)
})

const faultsOf = (text: string): string[] => {
  try {
    parseConfig(text, 'f')
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message.split('\n')
  }
}
/** A copy in which one of all its groups, lists and values is another one. */
function withReplaced(value: unknown, position: number, replacement: unknown): unknown {
  const places: [Record<string, unknown>, string][] = []
  const copy = JSON.parse(JSON.stringify(value), function (this: Record<string, unknown>, key, member) {
    places.push([this, key])
    return member
  })
  const [holder, key] = places[position % (places.length - 1)] ?? []
  if (holder !== undefined && key !== undefined) holder[key] = replacement
  return copy
}
const inAccount = (lines: string) => `accounts:\n  - name: acme\n    ${lines.replaceAll('\n', '\n    ')}\n`

describe('a fault is told with its line, its key, and what would be right', () => {
  const rows: readonly (readonly [what: string, text: string, ...faults: string[]])[] = [
    ['a misspelt key', 'acounts: []', 'f:1:1: acounts is no key of the configuration; did you mean "accounts"?'],
    [
      'a misspelt key within',
      'http:\n  prot: 80',
      'f:2:3: http.prot is no key of the configuration; did you mean "port"?',
    ],
    [
      'a misspelt key in a list',
      inAccount('lines:\n  - { number: "101", secert: s3cret-101 }'),
      'f:4:9: accounts[0].lines[0].secret is missing; it must be text',
      'f:4:26: accounts[0].lines[0].secert is no key of the configuration; did you mean "secret"?',
    ],
    [
      'a key that is like none',
      'log: { colour: red }',
      'f:1:8: log.colour is no key of the configuration; here may stand level',
    ],
    ['a port that is no number', 'http: { port: many }', 'f:1:15: http.port must be a number'],
    ['a port that is too high', 'http: { port: 70000 }', 'f:1:15: http.port must be at most 65535'],
    ['a port with a fraction', 'http: { port: 80.5 }', 'f:1:15: http.port must be a whole number'],
    [
      'a proxy that is no network',
      'http: { trustedProxies: [10.0.0.0/33] }',
      'f:1:26: http.trustedProxies[0] must be a network or an address: "192.0.2.0/24", "2001:db8::/32"',
    ],
    [
      'a dialect that there is none of',
      'dialects: { enswich: { enabled: false } }',
      'f:1:13: dialects.enswich is no key of the configuration; did you mean "enswitch"?',
    ],
    [
      'a host name with its port',
      inAccount('hosts: ["voice.example:8080"]'),
      'f:3:13: accounts[0].hosts[0] must be a host name without its port: "voice.example"',
    ],
    [
      'networks that let nobody in',
      'dialects: { myapi: { networks: [] } }',
      'f:1:32: dialects.myapi.networks must have at least 1 entry',
    ],
    [
      'a limit that lets nothing through',
      inAccount('limits: { simultaneousCalls: 0 }'),
      'f:3:34: accounts[0].limits.simultaneousCalls must be at least 1',
    ],
    [
      'a listener without a port',
      'sip:\n  listen: [ "udp:127.0.0.1" ]',
      'f:2:13: sip.listen[0] must be protocol:host:port, with udp or tcp: "udp:127.0.0.1:5060"',
    ],
    [
      'a listener whose port is too high',
      'sip: { listen: ["udp:[::1]:66000"] }',
      'f:1:17: sip.listen[0] must have a port of at most 65535',
    ],
    [
      'one where a list must be',
      'sip: { listen: "udp:127.0.0.1:1" }',
      'f:1:16: sip.listen must be a list: [ … ], or lines that begin with "-"',
    ],
    [
      'ports the wrong way round',
      'media: { ports: 3000-2000 }',
      'f:1:17: media.ports must be a range of at least four ports from 1 to 65535: 20000-29999',
    ],
    ['PostgreSQL', 'store: postgres://db/x', 'f:1:8: store must be "sqlite:PATH"; PostgreSQL is not available yet'],
    [
      'a number without quotes',
      inAccount('lines: [ { number: 101, secret: s3cret-101 } ]'),
      'f:3:24: accounts[0].lines[0].number must be text; put it in quotes',
    ],
    [
      'a short secret, which is not shown',
      inAccount('lines: [ { number: "101", secret: abc } ]'),
      'f:3:39: accounts[0].lines[0].secret must have at least 8 characters',
    ],
    [
      'a forward to a number that cannot exist',
      inAccount('lines: [ { number: "101", secret: s3cret-101, forward: { busy: "041234567" } } ]'),
      'f:3:68: accounts[0].lines[0].forward.busy cannot be dialled: The number 041234567 is too short: it has 9 digits, and numbers of AU that begin so have 10.',
    ],
    [
      'a caller id that cannot exist',
      inAccount('callerIds: [ "+6141234567" ]'),
      'f:3:18: accounts[0].callerIds[0] cannot be dialled: The number +6141234567 is too short: it has 10 digits, and numbers of AU that begin so have 11.',
    ],
    [
      "a prefix of a vendor's API where another one is",
      'dialects: { enswitch: { prefixes: ["/v1"] } }',
      'f:1:36: dialects.enswitch.prefixes[0] is where another API of this server is; name another path',
    ],
    [
      'a prefix that stands twice',
      'dialects: { enswitch: { prefixes: ["/api/json", "/api/json"] } }',
      'f:1:49: dialects.enswitch.prefixes[1] is the same as dialects.enswitch.prefixes[0]; it must be unique',
    ],
    [
      'a prefix that ends with a slash',
      'dialects: { enswitch: { prefixes: ["/pbx_api/"] } }',
      'f:1:36: dialects.enswitch.prefixes[0] must be a path without a slash at its end: "/pbx_api"',
    ],
    [
      'a line that stands twice',
      inAccount('lines:\n  - { number: "101", secret: s3cret-101 }\n  - { number: "101", secret: s3cret-102 }'),
      'f:5:19: accounts[0].lines[1].number is the same as accounts[0].lines[0].number; it must be unique',
    ],
    [
      'one key for two, which is not shown',
      inAccount(
        'apiKeys: [ { name: a, key: same-key-1, permissions: [] } ]\ntokens: [ { name: b, token: same-key-1 } ]',
      ),
      'f:4:33: accounts[0].tokens[0].token is the same as accounts[0].apiKeys[0].key; it must be unique',
    ],
    [
      'a webhook with a password, which is not shown',
      inAccount('webhooks: [ { url: "https://me:s3cret@crm.example/" } ]'),
      'f:3:24: accounts[0].webhooks[0].url must not hold a user and password; put a secret into the path or the query instead',
    ],
    [
      'a permission that there is not',
      inAccount('roles: [ { name: agent, permissions: [calls:plase] } ]'),
      'f:3:43: accounts[0].roles[0].permissions[0] must be one of "calls:place", "calls:read", "calls:control", "recordings:read", "directory:read", "directory:write"; did you mean "calls:place"?',
    ],
    [
      'a rate plan that there is not',
      `${inAccount('ratePlan: standart')}ratePlans: [ { name: standard, rates: [] } ]`,
      'f:3:15: accounts[0].ratePlan names no rate plan; did you mean "standard"?',
    ],
    [
      'a role that there is not',
      inAccount('users: [ { name: al, password: password1, role: agent } ]'),
      'f:3:53: accounts[0].users[0].role names no role of the account; there is none yet',
    ],
    [
      'an account of a trunk that there is not',
      `${inAccount('lines: []')}trunks: [ { name: t, address: "sip:c.example", accounts: [zzz] } ]`,
      'f:4:59: trunks[0].accounts[0] names no account; there is "acme"',
    ],
    [
      'a trunk without a SIP URI',
      'trunks: [ { name: t, address: c.example } ]',
      'f:1:31: trunks[0].address must be "sip:" and a host name or an address: "sip:carrier.example:5060"',
    ],
    [
      'hosts that are none',
      `http: { host: "a b" }
media: { host: 300.1.1.1 }
sip: { listen: ["udp:300.1.1.1:5060", "tcp:voice.example:5060"], advertise: "-x" }
accounts:
  - { name: acme, domain: "a/b", hosts: [300.1.1.1] }
trunks: [ { name: t, address: "sip:300.1.1.1" }, { name: u, address: "sip:c.example:99999;transport=tcp" } ]`,
      'f:1:15: http.host must be an IP address or a host name: "192.0.2.1", "voice.example"',
      'f:2:16: media.host must be an IP address of this machine: "192.0.2.1"',
      'f:3:17: sip.listen[0] must have an IP address of this machine: "udp:192.0.2.1:5060"',
      'f:3:39: sip.listen[1] must have an IP address of this machine: "udp:192.0.2.1:5060"',
      'f:3:77: sip.advertise must be an IP address or a host name: "192.0.2.1", "voice.example"',
      'f:5:27: accounts[0].domain must be an IP address or a host name: "192.0.2.1", "voice.example"',
      'f:5:42: accounts[0].hosts[0] must be a host name without its port: "voice.example"',
      'f:6:31: trunks[0].address must be "sip:" and a host name or an address: "sip:carrier.example:5060"',
      'f:6:70: trunks[1].address must be "sip:" and a host name or an address: "sip:carrier.example:5060"',
    ],
    [
      'names that lead nowhere beside values that are wrong',
      inAccount(`country: ZZ
lines: [ { number: "101", secret: abc } ]
queues: [ { name: q, members: ["101", "105"] } ]
users: [ { name: al, password: password1, role: agent } ]`),
      'f:3:14: accounts[0].country must be an ISO 3166 country code of two capitals: AU',
      'f:4:39: accounts[0].lines[0].secret must have at least 8 characters',
      'f:5:43: accounts[0].queues[0].members[1] names no line of the account; did you mean "101"?',
      'f:6:53: accounts[0].users[0].role names no role of the account; there is none yet',
    ],
    [
      'names of what cannot be read, which may well be right',
      `${inAccount(`lines: [ { number: 101, secret: s3cret-101 }, { nubmer: "102", secret: s3cret-102 } ]
roles: { name: agent }
users: [ { name: al, password: password1, role: agent, line: "102" } ]
tokens: [ { name: t, token: token-of-t, lines: 101 } ]
featureCodes: { "*60": { quue: q } }`)}demo: { phones: [acme/101, acme/102] }`,
      'f:3:24: accounts[0].lines[0].number must be text; put it in quotes',
      'f:3:51: accounts[0].lines[1].number is missing; it must be text',
      'f:3:53: accounts[0].lines[1].nubmer is no key of the configuration; did you mean "number"?',
      'f:4:12: accounts[0].roles must be a list: [ … ], or lines that begin with "-"',
      'f:6:52: accounts[0].tokens[0].lines must be all, or a list of extensions: ["101"]',
      'f:7:30: accounts[0].featureCodes.*60.quue is no key of the configuration; did you mean "queue"?',
    ],
    [
      'a list of what are no groups',
      'accounts: [ acme, 7 ]\ntrunks: [ { name: t, address: "sip:c.example", accounts: [acme] } ]',
      'f:1:13: accounts[0] must be a group of keys: { key: value }, or indented lines "key: value"',
      'f:1:19: accounts[1] must be a group of keys: { key: value }, or indented lines "key: value"',
    ],
    [
      'a circle of accounts',
      'accounts:\n  - { name: a, parent: a }',
      'f:2:24: accounts[0].parent makes a circle: an account cannot stand below itself',
    ],
    [
      'a member of a queue that is no line',
      inAccount('queues: [ { name: q, members: ["105"] } ]'),
      'f:3:36: accounts[0].queues[0].members[0] names no line of the account; there is none yet',
    ],
    [
      'a feature code to nowhere, and one to two places',
      inAccount('featureCodes: { "*60": { queue: q }, "*61": { play: tone:dial, line: "1" } }'),
      'f:3:37: accounts[0].featureCodes.*60.queue names no queue of the account; there is none yet',
      'f:3:49: accounts[0].featureCodes.*61 must have exactly one of play, queue, line, dial and context',
      'f:3:74: accounts[0].featureCodes.*61.line names no line of the account; there is none yet',
    ],
    [
      'a country that there is not',
      inAccount('country: ZZ'),
      'f:3:14: accounts[0].country must be an ISO 3166 country code of two capitals: AU',
    ],
    [
      'a rate with neither price nor bar',
      'ratePlans: [ { name: p, rates: [ { prefix: "+61" } ] } ]',
      'f:1:34: ratePlans[0].rates[0] must be a prefix in quotes with either a price or a bar: { prefix: "+61", perMinute: 0.05 } or { prefix: "+1900", barred: true }',
    ],
    [
      "a line's caller id that is not the account's",
      inAccount('lines: [ { number: "1", secret: s3cret-1, callerId: "+61255501000" } ]'),
      "f:3:57: accounts[0].lines[0].callerId must be one of the account's callerIds; add it there",
    ],
    [
      'a demo phone without its line',
      `${inAccount('lines: []')}demo: { phones: [ "acme/1" ] }`,
      'f:4:19: demo.phones[0] names no line (account/extension); there is none yet',
    ],
    [
      'an address that no phone can send to',
      'media: { host: 0.0.0.0 }',
      'f:1:16: media.host is no address that phones can send to; name one of this machine, or set sip.advertise',
    ],
    [
      "a customer's key to the whole directory",
      'accounts:\n  - { name: a }\n  - name: b\n    parent: a\n    apiKeys: [ { name: k, key: demo-key-1, permissions: [directory:write] } ]',
      'f:5:58: accounts[1].apiKeys[0].permissions[0] may be given in an account without a parent only: it changes the whole directory',
    ],
    [
      'the whole directory by a token for one line',
      inAccount(
        'lines: [ { number: "1", secret: secret-1 } ]\n' +
          'tokens: [ { name: t, token: demo-token-1, lines: ["1"], permissions: [calls:read, directory:write] } ]',
      ),
      'f:4:87: accounts[0].tokens[0].permissions[1] may not be given with lines: it changes the whole directory',
    ],
    [
      'two accounts with one id',
      'accounts:\n  - { name: a, id: 7 }\n  - { name: b, id: 7 }',
      'f:3:20: accounts[1].id is the same as accounts[0].id; it must be unique',
    ],
    ['what is no YAML', 'a: b: c', 'f:1:4: Nested mappings are not allowed in compact mappings'],
    ['a key that stands twice', 'log: {}\nlog: {}', 'f:2:1: Map keys must be unique'],
    ['a list for the whole', '- 1', 'f:1:1: must be a group of keys: { key: value }, or indented lines "key: value"'],
  ]
  for (const [what, text, ...faults] of rows) test(what, () => assert.deepEqual(faultsOf(text), faults))

  test('all of them at once, in the order of the file', () => {
    const faults = faultsOf('log: { level: loud }\nhttp: { port: -1 }\nmdia: {}\n')
    assert.deepEqual(
      faults.map((fault) => fault.split(' ', 2).join(' ')),
      ['f:1:15: log.level', 'f:2:15: http.port', 'f:3:1: mdia'],
    )
  })

  test('aliases that grow without end are refused, not unfolded', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
      bomb.push(`${to}: &${to} [${Array.from({ length: 10 }, () => `*${from}`).join(', ')}]`)
    }
    assert.match(faultsOf(bomb.join('\n'))[0] ?? '', /^f:1:1: .*alias/i)
  })

  test('keys that every object has are no keys of the configuration', () => {
    for (const key of ['constructor', 'toString']) assert.match(faultsOf(`${key}: 1`)[0] ?? '', /is no key/)
  })

  test('a file that is not there', () => {
    assert.throws(() => loadConfig('/no/such/file.yaml'), { message: '/no/such/file.yaml:1:1: there is no such file' })
  })

  test('a folder, and what lies below a file', () => {
    const { dirname, filename } = import.meta
    assert.throws(() => loadConfig(dirname), {
      message: `${dirname}:1:1: the file cannot be read: it is a folder: name a file`,
    })
    assert.throws(() => loadConfig(`${filename}/x`), /a part of its path is a file, not a folder/)
  })

  test('property: whatever stands in one place, faults are told, and nothing else is thrown', () => {
    const value = parse(whole)
    fc.assert(
      fc.property(fc.nat(), fc.jsonValue(), (position, replacement) => {
        const text = JSON.stringify(withReplaced(value, position, replacement))
        try {
          parseConfig(text, 'f')
        } catch (error) {
          assert.ok(error instanceof ConfigError, `${error} for ${text}`)
        }
      }),
      { numRuns: 300 },
    )
  })
})

test('the number of a node is a small whole one', () => {
  assert.deepEqual(faultsOf('node: { number: 999 }'), [])
  const faults = ['0', '1000', '1.5', '"2"'].flatMap((number) => faultsOf(`log: {}\nnode:\n  number: ${number}\n`))
  assert.deepEqual(faults, [
    'f:3:11: node.number must be at least 1',
    'f:3:11: node.number must be at most 999',
    'f:3:11: node.number must be a whole number',
    'f:3:11: node.number must be a number',
  ])
})

test('a country that people write otherwise is named by its code', () => {
  const meant = { UK: 'GB', au: 'AU', USA: 'US', ' nz': 'NZ' }
  for (const [written, code] of Object.entries(meant)) {
    const [fault, ...more] = faultsOf(inAccount(`country: "${written}"`))
    assert.match(fault ?? '', new RegExp(`two capitals: AU; did you mean "${code}"\\?$`))
    assert.deepEqual(more, [])
  }
})

test('one word that cannot stand where it is makes one fault, however much follows', () => {
  const text =
    'accounts:\n  - { name: a, country: $' + '{C}, lines: [] }\n  - { name: b, queues: [] }\ntrunks: [ { name: t } ]\n'
  assert.deepEqual(faultsOf(text), ['f:2:26: $' + '{C} needs quotes here: "$' + '{C}"'])
  assert.equal(faultsOf('accounts:\n  - { name: a } b, c: d }\n  - { name: b }\n').length, 1)
  // Faults of which none follows from another are all told.
  assert.equal(faultsOf('node: {}\nnode: {}\nlog: {}\nlog: {}\n').length, 2)
})
