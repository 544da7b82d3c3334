import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { type Log, silentLog } from '../../log.ts'
import { StrangerWatch } from './stranger-watch.ts'

const setUp = () => {
  const clock = new VirtualClock()
  const lines: { fields: object; message: string }[] = []
  const log: Log = { ...silentLog, warn: (fields, message) => void lines.push({ fields, message }) }
  const watch = new StrangerWatch(clock, log)
  const send = async (requests: number, seconds: number, method = 'REGISTER'): Promise<void> => {
    for (let sent = 0; sent < requests; sent++) watch.note(method, '192.0.2.7', 'answered')
    await clock.advance(seconds * 1000)
  }
  return { clock, lines, watch, send }
}

describe('a flood of strangers’ requests', () => {
  it('is told once when it begins and once when it is over, with counts', async () => {
    const { lines, send } = setUp()
    for (let turn = 0; turn < 3; turn++) await send(20_000, 10)
    await send(10, 10)
    await send(10, 10)
    assert.deepEqual(
      lines.map(({ message }) => message),
      [
        'flood of SIP requests from strangers; they are answered without keeping anything',
        'the flood of SIP requests from strangers is over',
      ],
    )
    assert.deepEqual(lines[1]?.fields, {
      requests: 60_010,
      seconds: 40,
      methods: { REGISTER: 60_010 },
      withoutRoom: 0,
      newestHost: '192.0.2.7',
    })
  })

  it('what phones and monitors send is none', async () => {
    const { lines, send } = setUp()
    for (let turn = 0; turn < 20; turn++) await send(4000, 10)
    assert.deepEqual(lines, [])
  })

  it('made-up methods make the line no longer', async () => {
    const { lines, watch } = setUp()
    for (let sent = 0; sent < 6000; sent++) watch.note(`METHOD${sent}`, '192.0.2.7', 'no room')
    assert.deepEqual(lines[0]?.fields, {
      requests: 5000,
      seconds: 0,
      methods: { other: 5000 },
      withoutRoom: 5000,
      newestHost: '192.0.2.7',
    })
  })

  it('one that ended long ago does not go on with the next request', async () => {
    const { lines, send } = setUp()
    await send(6000, 3600)
    await send(1, 10)
    assert.equal(lines.length, 2)
  })
})
