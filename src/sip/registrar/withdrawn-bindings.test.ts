import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRegistrarScene } from '../../../test/support/registrar-scene.ts'
import type { BindingChange } from './binding.ts'

describe('what is withdrawn ends at once', () => {
  const reasonsOf = (changes: readonly BindingChange[]) =>
    changes.flatMap((change) => (change.type === 'removed' ? [`${change.binding.aor} ${change.reason}`] : []))

  it('a line with another secret loses its contacts, and those of others stay', () => {
    const { register, registrar, marks, changes, uris } = createRegistrarScene()
    register({ contacts: ['<sip:a@h>', '<sip:b@h>'] })
    register({ to: '102', callId: 'other' })
    registrar.withdraw()
    assert.deepEqual(reasonsOf(changes), [])
    marks.set('acme/101', 'another secret')
    registrar.withdraw()
    assert.deepEqual(uris(), [])
    assert.equal(uris('acme/102').length, 1)
    assert.deepEqual(reasonsOf(changes), ['acme/101 withdrawn', 'acme/101 withdrawn'])
  })

  it('a line that goes and comes back has no old contact', () => {
    const { register, registrar, marks, uris } = createRegistrarScene()
    register()
    marks.delete('acme/101')
    registrar.withdraw()
    marks.set('acme/101', 's3cret-101')
    registrar.withdraw()
    assert.deepEqual(uris(), [])
  })

  it('also across a restart, and the store forgets it', () => {
    const before = createRegistrarScene()
    before.register()
    before.register({ to: '102', callId: 'other' })
    const kept = ['acme/101', 'acme/102'].flatMap((aor) => before.registrar.contacts(aor))
    const after = createRegistrarScene()
    after.marks.set('acme/101', 'another secret')
    after.registrar.restore(JSON.parse(JSON.stringify(kept)))
    assert.deepEqual(after.uris(), [])
    assert.equal(after.uris('acme/102').length, 1)
    assert.deepEqual(reasonsOf(after.changes), ['acme/101 withdrawn'])
    assert.equal(after.changes.length, 1, 'what is kept already is not written again')
  })

  it('what an older version kept gets the mark of the secret as it is', () => {
    const before = createRegistrarScene()
    before.register()
    const kept = before.registrar.contacts('acme/101').map(({ secretMark: _none, ...binding }) => binding)
    const after = createRegistrarScene()
    after.registrar.restore(kept)
    assert.equal(after.registrar.contacts('acme/101')[0]?.secretMark, 's3cret-101')
    assert.equal(after.changes[0]?.type, 'refreshed')
  })
})
