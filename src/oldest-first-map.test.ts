import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { OldestFirstMap } from './oldest-first-map.ts'

const key = fc.integer({ min: 0, max: 5 }).map(String)
const action = fc.record({ key, what: fc.constantFrom('set', 'delete', 'makeRoom') })

describe('a map that knows its oldest entry', () => {
  it('has at every moment what a Map has whose keys are deleted before they are set', () => {
    const property = fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const map = new OldestFirstMap<number>()
      const model = new Map<string, number>()
      actions.forEach((step, index) => {
        const oldest = [...model.keys()][0]
        const gone = step.what === 'makeRoom' ? oldest : step.key
        if (gone !== undefined) model.delete(gone)
        if (step.what === 'set') {
          model.set(step.key, index)
          map.set(step.key, index)
        } else if (gone !== undefined) map.delete(gone)
        const [first] = model
        assert.deepEqual(map.oldest && [map.oldest.key, map.oldest.value], first)
        assert.equal(map.size, model.size)
        for (let digit = 0; digit <= 5; digit++) {
          assert.equal(map.get(String(digit)), model.get(String(digit)))
          assert.equal(map.has(String(digit)), model.has(String(digit)))
        }
      })
    })
    fc.assert(property)
  })

  it('makes room in a full table in the order in which it was filled', () => {
    const map = new OldestFirstMap<number>()
    for (let index = 0; index < 50_000; index++) map.set(`first ${index}`, index)
    for (let index = 0; index < 100_000; index++) {
      assert.equal(map.oldest?.value, index)
      map.delete(map.oldest.key)
      map.set(`next ${index}`, 50_000 + index)
    }
    assert.equal(map.size, 50_000)
  })

  it('keeps the newest, as many as it is told', () => {
    const map = new OldestFirstMap<number>()
    for (const key of ['a', 'b', 'c', 'd']) map.set(key, 0)
    map.set('a', 1)
    map.keep(4)
    assert.equal(map.size, 4)
    map.keep(2)
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => map.get(key)),
      [1, undefined, undefined, 0],
    )
    map.keep(0)
    assert.deepEqual([map.size, map.oldest], [0, undefined])
  })
})
