import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ConfigError, loadConfigHere, parseConfig } from './load-config.ts'

const faultsOf = (text: string): readonly string[] => {
  try {
    parseConfig(text, 'f')
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message.split('\n')
  }
}

describe('two that cannot both have their port: the later is at fault, and told where the other stands', () => {
  const rows: readonly (readonly [what: string, text: string, ...faults: string[]])[] = [
    [
      'SIP inside the range of media',
      'media: { ports: 5000-6000 }\nsip: { listen: ["udp:127.0.0.1:5060"] }',
      'f:2:17: sip.listen[0] takes port 5060, and so does media.ports (line 1); they must differ',
    ],
    [
      'media over SIP',
      'sip: { listen: ["udp:127.0.0.1:5060"] }\nmedia: { ports: 5000-6000 }',
      'f:2:17: media.ports takes port 5060, and so does sip.listen[0] (line 1); they must differ',
    ],
    [
      'media over what SIP has by default',
      'media: { ports: 5060-5080 }',
      'f:1:17: media.ports takes port 5060, and so does sip.listen[0] (its default); they must differ',
    ],
    [
      'media over what HTTP has by default',
      'media: { ports: 8000-9000 }',
      'f:1:17: media.ports takes port 8080, and so does http.port (its default); they must differ',
    ],
    [
      'HTTP inside the range of media that is the default',
      'http: { port: 20001 }',
      'f:1:15: http.port takes port 20001, and so does media.ports (its default); they must differ',
    ],
    [
      'SIP over TCP at the port of HTTP',
      'sip:\n  listen:\n    - tcp:127.0.0.1:8080\nhttp:\n  port: 8080',
      'f:5:9: http.port takes port 8080, and so does sip.listen[0] (line 3); they must differ',
    ],
    [
      'HTTP with TLS and without',
      'http: { port: 8443, tls: { certificate: a.pem, key: a.key } }',
      'f:1:15: http.port takes port 8443, and so does http.tls.port (its default); they must differ',
    ],
    [
      'HTTP with TLS inside the range of media',
      'media: { ports: 8000-8500, host: 192.0.2.1 }\nhttp: { tls: { port: 8444, certificate: a.pem, key: a.key } }',
      'f:2:22: http.tls.port takes port 8444, and so does media.ports (line 1); they must differ',
    ],
    [
      'SIP twice',
      'sip: { listen: ["udp:127.0.0.1:5060", "udp:127.0.0.1:5060"] }',
      'f:1:39: sip.listen[1] takes port 5060, and so does sip.listen[0] (line 1); they must differ',
    ],
    [
      'an address and all addresses',
      'sip: { listen: ["udp:127.0.0.1:5060", "udp:0.0.0.0:5060"] }',
      'f:1:39: sip.listen[1] takes port 5060, and so does sip.listen[0] (line 1); they must differ',
    ],
    [
      'all addresses of IPv6, which take those of IPv4 too',
      'http: { host: 127.0.0.1, port: 80 }\nsip: { listen: ["tcp:[::]:80"] }',
      'f:2:17: sip.listen[0] takes port 80, and so does http.port (line 1); they must differ',
    ],
    [
      'one address of IPv6 in two spellings',
      'sip: { listen: ["tcp:[2001:db8:0::1]:5060", "tcp:[2001:DB8::0:1]:5060"] }',
      'f:1:45: sip.listen[1] takes port 5060, and so does sip.listen[0] (line 1); they must differ',
    ],
    [
      'a name for loopback',
      'http: { host: localhost, port: 5060 }\nsip: { listen: ["tcp:127.0.0.1:5060"] }',
      'f:2:17: sip.listen[0] takes port 5060, and so does http.port (line 1); they must differ',
    ],
    [
      'a name that nobody knows here, and all addresses',
      'http: { host: voice.example, port: 5060 }\nsip: { listen: ["tcp:0.0.0.0:5060"] }',
      'f:2:17: sip.listen[0] takes port 5060, and so does http.port (line 1); they must differ',
    ],
    [
      'three of them',
      'media: { ports: 5000-9000 }\nsip: { listen: ["tcp:127.0.0.1:8080"] }\nhttp: { port: 8080 }',
      'f:2:17: sip.listen[0] takes port 8080, and so does media.ports (line 1); they must differ',
      'f:3:15: http.port takes port 8080, and so does sip.listen[0] (line 2); they must differ',
      'f:3:15: http.port takes port 8080, and so does media.ports (line 1); they must differ',
    ],
    [
      'what cannot be read clashes with nothing',
      'http: { port: many }\nsip: { listen: ["tcp:127.0.0.1:8080", "udp:127.0.0.1"] }',
      'f:1:15: http.port must be a number',
      'f:2:39: sip.listen[1] must be protocol:host:port, with udp or tcp: "udp:127.0.0.1:5060"',
    ],
    ['SIP over UDP and TCP at one port', 'sip: { listen: ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"] }'],
    ['SIP over UDP at the port of HTTP', 'sip: { listen: ["udp:127.0.0.1:8080"] }'],
    ['two addresses', 'sip: { listen: ["udp:127.0.0.1:5060", "udp:127.0.0.2:5060", "udp:[::1]:5060"] }'],
    ['all addresses of IPv4, and one of IPv6', 'sip: { listen: ["udp:0.0.0.0:5060", "udp:[::1]:5060"] }'],
    ['media at another address', 'media: { host: 192.0.2.1, ports: 5000-6000 }'],
    ['media right behind SIP', 'sip: { listen: ["udp:127.0.0.1:5059"] }\nmedia: { ports: 5060-5080 }'],
    ['any free port, twice', 'http: { port: 0 }\nsip: { listen: ["tcp:127.0.0.1:0", "tcp:127.0.0.1:0"] }'],
  ]
  for (const [what, text, ...faults] of rows) test(what, () => assert.deepEqual(faultsOf(text), faults))
})

describe('an address that this machine lacks', () => {
  const write = (t: { after(cleanUp: () => void): void }, text: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'cordboard-check-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'f')
    writeFileSync(file, text)
    return file
  }

  test('is a fault wherever it stands', async (t) => {
    const file = write(
      t,
      'http: { host: 192.0.2.1 }\nsip: { listen: ["udp:127.0.0.1:5060", "tcp:[2001:db8::1]:5060"] }\nmedia: { host: 192.0.2.1 }',
    )
    const message = 'must have an address of this machine'
    await assert.rejects(loadConfigHere(file), {
      name: 'ConfigError',
      message: [
        `${file}:1:15: http.host ${message}`,
        `${file}:2:39: sip.listen[1] ${message}`,
        `${file}:3:16: media.host ${message}`,
      ].join('\n'),
    })
  })

  test('loopback, all addresses, and a name that is looked up later are none', async (t) => {
    const text = 'http: { host: voice.invalid }\nsip: { listen: ["udp:0.0.0.0:5060", "tcp:127.1.2.3:5060"] }'
    assert.equal((await loadConfigHere(write(t, text))).http.host, 'voice.invalid')
  })
})
