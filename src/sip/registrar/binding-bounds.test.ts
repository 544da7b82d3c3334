import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRegistrarScene } from '../../../test/support/registrar-scene.ts'

describe('bounds of the registrar', () => {
  it('a line keeps the ten newest contacts: the phone that comes is never the one that is lost', () => {
    const { register, uris, changes } = createRegistrarScene()
    for (let index = 0; index < 12; index++) {
      const response = register({ contacts: [`<sip:101@192.0.2.10:${4000 + index}>`], callId: `c${index}` })
      assert.equal(response.status, 200)
      assert.equal(response.headers.getAll('Contact').length, Math.min(10, index + 1))
    }
    const kept = uris().toSorted()
    assert.deepEqual(
      kept,
      Array.from({ length: 10 }, (_, index) => `sip:101@192.0.2.10:${4002 + index}`),
    )
    const replaced = changes.filter((change) => change.type === 'removed' && change.reason === 'replaced')
    assert.deepEqual(
      replaced.map(({ binding }) => binding.contactUri),
      ['sip:101@192.0.2.10:4000', 'sip:101@192.0.2.10:4001'],
    )
  })

  it('a contact that is refreshed is new again', () => {
    const { register, uris } = createRegistrarScene({ contactsPerLine: 2 })
    register({ contacts: ['<sip:desk@h>'], callId: 'desk' })
    register({ contacts: ['<sip:old@h>'], callId: 'old' })
    register({ contacts: ['<sip:desk@h>'], callId: 'desk' })
    register({ contacts: ['<sip:new@h>'], callId: 'new' })
    assert.deepEqual(uris().toSorted(), ['sip:desk@h', 'sip:new@h'])
  })

  it('contacts of one REGISTER do not push each other out, nor what it removes', () => {
    const { register, uris } = createRegistrarScene({ contactsPerLine: 2 })
    register({ contacts: ['<sip:a@h>', '<sip:b@h>'], callId: '1' })
    register({ contacts: ['<sip:c@h>', '<sip:a@h>;expires=0'], callId: '2' })
    assert.deepEqual(uris().toSorted(), ['sip:b@h', 'sip:c@h'])
    register({ contacts: ['<sip:d@h>', '<sip:e@h>'], callId: '3' })
    assert.deepEqual(uris().toSorted(), ['sip:d@h', 'sip:e@h'])
    const many = register({ contacts: ['<sip:f@h>', '<sip:g@h>', '<sip:i@h>'], callId: '4' })
    assert.equal(many.status, 403)
    assert.equal(many.reason, 'Too Many Contacts')
  })

  it('a Contact that no phone would have gets 400', () => {
    const { register } = createRegistrarScene()
    assert.equal(register({ contacts: [`<sip:${'a'.repeat(1100)}@h>`] }).status, 400)
  })

  it('a full registrar says so with 503 and still refreshes', () => {
    const { register } = createRegistrarScene({ contactsInTotal: 1 })
    register({ contacts: ['<sip:a@h>'] })
    const full = register({ contacts: ['<sip:b@h>'] })
    assert.equal(full.status, 503)
    assert.equal(full.headers.get('Retry-After'), '300')
    assert.equal(register({ contacts: ['<sip:a@h>'] }).status, 200)
  })

  it('a Contact that is no SIP URI gets 400; headers in one are dropped', () => {
    const { register, uris } = createRegistrarScene()
    assert.equal(register({ contacts: ['<tel:+61255501000>'] }).status, 400)
    register({ contacts: ['<sip:a@h?Replaces=x>'] })
    assert.deepEqual(uris(), ['sip:a@h'])
  })
})
