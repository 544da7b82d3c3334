import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { parseConfig } from '../config/load-config.ts'
import { MediaError } from '../media/media-error.ts'
import { explainStartError } from './explain-start-error.ts'

const tls = 'tls: { host: secure.invalid, port: 8443, certificate: a.pem, key: a.key }'
const config = parseConfig(`http: { host: voice.invalid, port: 8080, ${tls} }\nmedia: { host: 192.0.2.9 }`, 'f')
const failure = (fields: object) => Object.assign(new Error('raw'), fields)

const rows: readonly (readonly [what: string, error: unknown, message: RegExp])[] = [
  ['a port of HTTP in use', failure({ code: 'EADDRINUSE', port: 8080 }), /^Port 8080 is in use; .* "http\.port"\.$/],
  ['a port of SIP in use', failure({ code: 'EADDRINUSE', port: 5060 }), /^Port 5060 is in use; .* "sip\.listen"\.$/],
  ['a port for root only', failure({ code: 'EACCES', port: 80 }), /^Port 80 may not be opened .* above 1023/],
  [
    'an address of another machine',
    failure({ code: 'EADDRNOTAVAIL', port: 5060, address: '192.0.2.1' }),
    /^This machine has no address 192\.0\.2\.1; .* "sip\.listen"\.$/,
  ],
  [
    'a media address of another machine',
    new MediaError('no-ports', 'bind EADDRNOTAVAIL'),
    /no address 192\.0\.2\.9; .* "media\.host"/,
  ],
  [
    'a port of HTTPS in use',
    failure({ code: 'EADDRINUSE', port: 8443 }),
    /^Port 8443 is in use; .* "http\.tls\.port"\.$/,
  ],
  [
    'an address of another machine for HTTPS',
    failure({ code: 'EADDRNOTAVAIL', port: 8443, address: '192.0.2.1' }),
    /^This machine has no address 192\.0\.2\.1; .* "http\.tls\.host"\.$/,
  ],
  [
    'a host name that there is not',
    failure({ code: 'ENOTFOUND', hostname: 'voice.invalid' }),
    /"http\.host" names no address: voice\.invalid/,
  ],
  [
    'a host name of HTTPS that there is not',
    failure({ code: 'ENOTFOUND', hostname: 'secure.invalid' }),
    /"http\.tls\.host" names no address: secure\.invalid/,
  ],
  [
    'a file that may not be read',
    failure({ code: 'EACCES', path: '/x.key' }),
    /^\/x\.key cannot be used: this user may not/,
  ],
]
for (const [what, error, message] of rows) {
  test(`told in words: ${what}`, () => {
    const explained = explainStartError(error, config)
    assert.ok(explained instanceof Error)
    assert.match(explained.message, message)
  })
}

test('what Node itself throws has the members that are looked at', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  const second = createServer().listen(port, '127.0.0.1')
  const error = await new Promise((resolve) => second.once('error', resolve))
  taken.close()
  assert.match((explainStartError(error, config) as Error).message, new RegExp(`^Port ${port} is in use`))
  assert.throws(
    () => {
      try {
        readFileSync(import.meta.dirname)
      } catch (refused) {
        throw explainStartError(Object.assign(refused as Error, { path: '/a' }), config)
      }
    },
    { message: '/a cannot be used: it is a folder: name a file.' },
  )
})

test('what is no failure of the system stays as it is', () => {
  for (const error of [new Error('own words'), 'text']) assert.equal(explainStartError(error, config), error)
})
