import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseConfig } from '../config/load-config.ts'
import { decideTarget } from '../decide-target.ts'
import { createTargetRules } from './create-target-rules.ts'

const config = parseConfig(
  [
    'http: { port: 8080, tls: { port: 8443, certificate: a.pem, key: a.key } }',
    'sip: { advertise: "2001:DB8:0:0::1", refusedNetworks: [192.0.2.0/24] }',
  ].join('\n'),
  'f',
)
const rules = createTargetRules(config, { holds: (port) => port === 20_000 })
const phone = { host: '127.0.0.1', port: 6000 }

describe('where nobody may aim us', () => {
  for (const [host, port, refusal] of [
    ['127.0.0.1', 8080, 'own-port'],
    ['127.0.0.1', 8443, 'own-port'],
    ['127.0.0.1', 20_000, 'own-port'],
    ['::ffff:127.0.0.1', 8443, 'own-port'],
    ['2001:db8::1', 8443, 'own-port'],
    ['2001:db8::1', 8444, undefined],
    ['127.0.0.1', 6001, undefined],
    ['192.0.2.9', 8443, 'refused-network'],
    ['198.51.100.9', 8443, undefined],
  ] as const) {
    it(`${host} port ${port}: ${refusal ?? 'it may'}`, () =>
      assert.equal(decideTarget({ host, port }, phone, rules), refusal))
  }
})
