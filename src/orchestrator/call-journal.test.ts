import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { type Log, silentLog } from '../log.ts'
import { StoreError } from '../store/store-error.ts'
import { CallJournal, type CallJournalContext } from './call-journal.ts'

const dialled = { type: 'leg.ringing', leg: 'first' } as const
const ended = { type: 'call.ended', cause: 'failed' } as const
const full = new StoreError('disk-full', 'The disk is full.')
const noSuchCall = new StoreError('invalid-write', 'FOREIGN KEY constraint failed')

/** `outcomes` are what the store says to one write after the other. */
const setUp = (...outcomes: readonly (StoreError | undefined)[]) => {
  const said = [...outcomes]
  const errors: string[] = []
  const append = async (): Promise<void> => {
    const outcome = said.shift()
    if (outcome !== undefined) throw outcome
  }
  const log: Log = { ...silentLog, error: (_fields, message) => void errors.push(message) }
  const context = { callLog: { append }, clock: new VirtualClock(), log } as unknown as CallJournalContext
  let isOver = false
  const journal = new CallJournal('call-1', context, () => {
    isOver = true
  })
  const end = async (): Promise<void> => {
    journal.record(ended)
    journal.write()
    await new Promise(setImmediate)
  }
  return { journal, errors, end, isOver: () => isOver }
}

test('a call that a full disk refused ends without a word: the store has told why, and the client knows', async () => {
  const { journal, errors, end, isOver } = setUp(full, noSuchCall)
  await assert.rejects(journal.append(dialled), full)
  await end()
  assert.deepEqual([errors, isOver()], [[], true])
})

test('what cannot be written of a call that is kept is told', async () => {
  const { journal, errors, end, isOver } = setUp(undefined, full, noSuchCall)
  await journal.append(dialled)
  await assert.rejects(journal.append(dialled), full)
  await end()
  assert.deepEqual([errors, isOver()], [['events of a call could not be written'], true])
})

test('what the store refuses for another reason is told', async () => {
  const { errors, end, isOver } = setUp(noSuchCall)
  await end()
  assert.deepEqual([errors, isOver()], [['events of a call could not be written'], true])
})
