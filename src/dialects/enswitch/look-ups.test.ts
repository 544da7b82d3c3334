import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AskedRequest } from './api-function.ts'
import { lookUps } from './look-ups.ts'
import { ParameterReader } from './parameter-reader.ts'

it('phones/list asks once which phones are registered, however many lines there are', async () => {
  const lines = Array.from({ length: 3 }, (_, n) => ({ account: 'acme', number: String(101 + n) }))
  let asked = 0
  const phones = () => {
    asked++
    return [{ account: 'acme', line: '102' }]
  }
  const answer = await lookUps['phones/list']?.run({
    reader: new ParameterReader(new Map()),
    session: {
      ...{ account: 'acme', accounts: ['acme'], findAccount: () => ({ id: 1 }) },
      ...{ lines: () => lines, phones },
    },
  } as unknown as AskedRequest)
  const rows = answer?.data as readonly { readonly number: string; readonly registered: number }[]
  assert.deepEqual(
    rows.map(({ number, registered }) => [number, registered]),
    [
      ['101', 0],
      ['102', 1],
      ['103', 0],
    ],
  )
  assert.equal(asked, 1)
})
