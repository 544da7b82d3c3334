import assert from 'node:assert/strict'
import type { RunningServer } from '../../src/main.ts'
import { api } from './test-server.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
type ShownCall = any

/** The call as the API shows it, as soon as it is as wanted; fails when it ends otherwise, or after `milliseconds`. */
export async function callWhen(
  server: { readonly url: string },
  id: string,
  isWanted: (call: ShownCall) => boolean,
  milliseconds = 15_000,
): Promise<ShownCall> {
  const until = Date.now() + milliseconds
  for (;;) {
    const { body } = await api(server, 'GET', `/v1/calls/${id}`)
    if (isWanted(body)) return body
    const isLost = body.state === 'ended' || Date.now() > until
    if (isLost) assert.fail(`call ${id} never was as wanted: ${JSON.stringify(body, undefined, 2)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The call, as soon as it is in this state. */
export const reaches = (server: { readonly url: string }, id: string, state: string, milliseconds?: number) =>
  callWhen(server, id, (call) => call.state === state, milliseconds)

/** The types of what happened to the call, in order. */
export async function eventTypes(server: { readonly url: string }, id: string): Promise<readonly string[]> {
  const { body } = await api(server, 'GET', `/v1/calls/${id}/events`)
  return body.events.map(({ type, leg }: { type: string; leg?: string }) =>
    leg === undefined ? type : `${type} ${leg}`,
  )
}

/** Resolves when no call, leg, dialog or port is held; fails if some are after `milliseconds`. */
export const holdsNothing = (server: RunningServer, milliseconds = 5000): Promise<void> =>
  allZero(() => {
    const { legs, dialogs, outgoingInvites, media, liveCalls } = server.counts()
    return { legs, dialogs, outgoingInvites, endpoints: media.endpoints, liveCalls }
  }, milliseconds)

/** The same of transactions and their timers, which outlive their call by up to 64 times T1. */
export const holdsNoTransaction = (server: RunningServer, milliseconds = 40_000): Promise<void> =>
  allZero(() => {
    const { clientTransactions, serverTransactions, timers } = server.counts()
    return { clientTransactions, serverTransactions, timers }
  }, milliseconds)

async function allZero(held: () => Readonly<Record<string, number>>, milliseconds: number): Promise<void> {
  const isZero = () => Object.values(held()).every((count) => count === 0)
  for (const until = Date.now() + milliseconds; !isZero() && Date.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.deepEqual(
    Object.entries(held()).filter(([, count]) => count !== 0),
    [],
  )
}
