import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../src/clock.ts'
import { silentLog } from '../src/log.ts'
import { MediaPlane } from '../src/media/media-plane.ts'
import type { LoadOrder, LoadResult } from './relay-load.ts'

/** Has the phones talk as ordered; resolves with what they heard. */
export type Talk = (order: LoadOrder) => Promise<LoadResult>

/** Phones in a thread of their own. */
export async function openPhones() {
  const load = new Worker(new URL('./relay-load.ts', import.meta.url))
  const [phones] = (await once(load, 'message')) as [number[]]
  const talk: Talk = async (order) => {
    load.postMessage(order)
    const [result] = (await once(load, 'message')) as [LoadResult]
    return result
  }
  return { phones, talk, close: () => load.terminate() }
}

export const startPlane = async (): Promise<MediaPlane> => {
  const plane = new MediaPlane({ host: '127.0.0.1', portRange: [20_000, 29_999], log: silentLog, clock: systemClock })
  await plane.start()
  return plane
}
