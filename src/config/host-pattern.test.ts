import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHost, isHostInUri } from './host-pattern.ts'

const rows: readonly (readonly [text: string, host: boolean, inUri: boolean])[] = [
  ['192.0.2.1', true, true],
  ['voice.example', true, true],
  ['voice.example.', true, true],
  ['localhost', true, true],
  ['my_pbx-1', true, true],
  ['1.pool.example', true, true],
  ['2001:db8::1', true, false],
  ['[2001:db8::1]', false, true],
  ['300.1.1.1', false, false],
  ['1.2.3', false, false],
  ['1234', false, false],
  ['a b', false, false],
  ['', false, false],
  ['-a.example', false, false],
  ['a..b', false, false],
  ['a:5060', false, false],
  ['[voice.example]', false, false],
  ['[192.0.2.1]', false, false],
  ['fe80::1%eth0', false, false],
  ['é.example', false, false],
  [`${'a'.repeat(64)}.example`, false, false],
]
for (const [text, host, inUri] of rows) {
  test(`"${text}" ${host ? 'is' : 'is not'} a host, ${inUri ? 'and' : 'not'} one that a port may follow`, () => {
    assert.deepEqual([isHost(text), isHostInUri(text)], [host, inUri])
  })
}
