import assert from 'node:assert/strict'
import fs, { mkdtempSync, rmSync, statSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSecretBox, SecretBox } from './secret-box.ts'

test('what is sealed opens with the same key only, and only unchanged', () => {
  const box = new SecretBox(Buffer.alloc(32, 1))
  const sealed = box.seal('pässword')
  assert.equal(box.open(sealed), 'pässword')
  assert.notEqual(box.seal('pässword'), sealed)
  assert.equal(new SecretBox(Buffer.alloc(32, 2)).open(sealed), undefined)
  for (const broken of ['', 'AAAA', `${sealed.slice(0, -4)}AAAA`]) assert.equal(box.open(broken), undefined)
  assert.throws(() => new SecretBox(Buffer.alloc(16)), /64 hexadecimal digits/)
})

test('a derived key is the same again, another for each purpose and each server, and gives nothing of the key away', () => {
  const box = new SecretBox(Buffer.alloc(32, 1))
  const key = box.deriveKey('one')
  assert.equal(key.length, 32)
  assert.deepEqual(new SecretBox(Buffer.alloc(32, 1)).deriveKey('one'), key)
  assert.notDeepEqual(box.deriveKey('two'), key)
  assert.notDeepEqual(new SecretBox(Buffer.alloc(32, 2)).deriveKey('one'), key)
  assert.notDeepEqual(key, Buffer.alloc(32, 1))
})

test('the key is made once, in a file for its owner alone', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cordboard-key-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'data', 'cordboard.db.key')
  const sealed = openSecretBox(file).seal('x')
  assert.equal(openSecretBox(file).open(sealed), 'x')
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('a process that dies while it makes the key leaves none that the next one stumbles over', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cordboard-key-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'cordboard.db.key')
  for (const name of ['writeSync', 'writeFileSync', 'renameSync'] as const) {
    const mock = t.mock.method(fs, name, () => {
      throw new Error('killed')
    })
    syncBuiltinESMExports()
    try {
      openSecretBox(file)
    } catch (error) {
      assert.equal((error as Error).message, 'killed')
    }
    mock.mock.restore()
    syncBuiltinESMExports()
  }
  const sealed = openSecretBox(file).seal('x')
  assert.equal(openSecretBox(file).open(sealed), 'x')
})
