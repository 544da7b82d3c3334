import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRegistrarScene, type Register } from '../../../test/support/registrar-scene.ts'
import type { RegistrarLimits } from './binding-updates.ts'

describe('the flow that phones are registered over', () => {
  const watch = (limits: Partial<RegistrarLimits> = {}) => {
    const test = createRegistrarScene(limits)
    const told: string[] = []
    test.registrar.onFlow = (flow, isUsed) => void told.push(`${flow} ${isUsed ? 'used' : 'free'}`)
    const from = (line: '101' | '102', flow: string, more: Partial<Register> = {}) =>
      test.register({ to: line, username: line, callId: line, source: { protocol: 'tcp', flow }, ...more })
    return { ...test, told, from }
  }

  it('is in use as long as one of them is left: a proxy brings many over one', () => {
    const { told, from } = watch()
    from('101', 'tcp:a:0')
    from('102', 'tcp:a:0')
    from('102', 'tcp:a:0')
    assert.deepEqual(told, ['tcp:a:0 used'])
    from('101', 'tcp:a:0', { headers: ['Expires: 0'] })
    assert.deepEqual(told, ['tcp:a:0 used'])
    from('102', 'tcp:a:0', { headers: ['Expires: 0'] })
    assert.deepEqual(told, ['tcp:a:0 used', 'tcp:a:0 free'])
  })

  it('is free when its phone has gone to another', () => {
    const { told, from } = watch()
    from('101', 'tcp:a:0')
    from('101', 'tcp:a:1')
    assert.deepEqual(told, ['tcp:a:0 used', 'tcp:a:1 used', 'tcp:a:0 free'])
  })

  it('is free when a newer contact has taken the place', () => {
    const { told, from } = watch({ contactsPerLine: 1 })
    from('101', 'tcp:a:0', { contacts: ['<sip:101@192.0.2.10:1>'] })
    from('101', 'tcp:a:1', { contacts: ['<sip:101@192.0.2.10:2>'], callId: 'second' })
    assert.deepEqual(told.toSorted(), ['tcp:a:0 free', 'tcp:a:0 used', 'tcp:a:1 used'])
  })

  it('is free when the registration has run out', async () => {
    const { told, from, clock } = watch()
    from('101', 'tcp:a:0', { headers: ['Expires: 60'] })
    await clock.advance(59_000)
    assert.deepEqual(told, ['tcp:a:0 used'])
    await clock.advance(11_000)
    assert.deepEqual(told, ['tcp:a:0 used', 'tcp:a:0 free'])
  })

  it('is free when the line has another secret: its phone is a stranger', () => {
    const { told, from, registrar, marks } = watch()
    from('101', 'tcp:a:0')
    marks.set('acme/101', 'another secret')
    registrar.withdraw()
    assert.deepEqual(told, ['tcp:a:0 used', 'tcp:a:0 free'])
  })

  it('asking what is registered holds nothing', () => {
    const { told, from } = watch()
    from('101', 'tcp:a:0')
    from('101', 'tcp:a:9', { contacts: [] })
    assert.deepEqual(told, ['tcp:a:0 used'])
  })
})
