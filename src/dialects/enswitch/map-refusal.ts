import type { Refusals } from '../../access/api-session.ts'
import type { RefusalCode } from '../../call/refusal.ts'
import type { Answer, Code } from './render-answer.ts'

/** The vendor's code for each refusal; the README tells which of them are ours. */
const codes: Readonly<Record<RefusalCode, Code>> = {
  'line-not-found': '404',
  'account-not-found': '404',
  'queue-not-found': '404',
  'context-not-found': '404',
  'user-not-found': '404',
  'trunk-not-found': '404',
  'card-not-found': '404',
  'record-group-not-found': '404',
  unavailable: '400',
  'nobody-free': '400',
  'invalid-number': '400',
  barred: '403',
  'caller-id-not-allowed': '403',
  'not-configured': '400',
  'not-supported': '400',
  'external-id-in-use': '400',
  'idempotency-key-reused': '400',
  'limit-exceeded': '429',
  'shutting-down': '503',
}

/** The parameter that each part of the canonical request came from; the longest pointer that fits counts. */
const parameters: readonly (readonly [pointer: string, parameter: string])[] = [
  ['/first/callerId', 'callerid1'],
  ['/second/callerId', 'callerid2'],
  ['/first/autoAnswer', 'answer1'],
  ['/second/autoAnswer', 'answer2'],
  ['/first/screen', 'screen1'],
  ['/second/screen', 'screen2'],
  ['/first', 'snumber'],
  ['/second', 'cnumber'],
  ['/account', 'customer'],
  ['/card', 'card'],
  ['/recordGroup', 'recordgroup'],
  ['/noForwards', 'noforwards'],
  ['/delaySeconds', 'delay'],
]

const parameterAt = (pointer: string): string => parameters.find(([start]) => pointer.startsWith(start))?.[1] ?? ''

/** One entry for each refusal. */
export function answerOfRefusals(refusals: Refusals, keyOf: (pointer: string) => string = parameterAt): Answer {
  const retryAfterSeconds = refusals.find((refusal) => refusal.retryAfterSeconds !== undefined)?.retryAfterSeconds
  return {
    responses: refusals.map(({ code, message, pointer }) => ({
      code: codes[code],
      key: keyOf(pointer ?? ''),
      message,
    })),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  }
}
