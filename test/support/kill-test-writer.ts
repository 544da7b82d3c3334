import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { callAccepted, fakeRecovery } from './call-scene.ts'

/** The child of the kill -9 test: writes calls until it is killed and tells its parent of each write that was acknowledged. */
const [, , file = '', round = '0'] = process.argv
const store = await openSqliteStore({
  file,
  node: 1,
  onBroken: (error) => {
    throw error
  },
})
const recovery = fakeRecovery()

const writeCall = async (callId: string) => {
  const at = Date.now()
  const tell = (events: number) => process.send?.({ id: callId, events })
  await store.calls.accept([callAccepted(callId, at)])
  tell(1)
  for (const leg of ['first', 'second'] as const) {
    await store.calls.append([
      { type: 'leg.dialled', callId, at, leg, recovery },
      { type: 'leg.answered', callId, at, leg, recovery },
    ])
    tell(leg === 'first' ? 3 : 5)
  }
  await store.calls.append([
    { type: 'call.ending', callId, at, cause: 'completed' },
    { type: 'call.ended', callId, at, cause: 'completed' },
  ])
  tell(7)
}

const write = async (lane: number) => {
  for (let index = 0; ; index++) await writeCall(`${round}-${lane}-${String(index).padStart(8, '0')}`)
}
await Promise.all([0, 1, 2, 3].map(write))
