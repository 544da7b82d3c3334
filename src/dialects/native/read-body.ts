import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import { type Fault, sendFaults, sendProblem } from './problem.ts'

/** What a body says, or the answer to who sent something else. */
export type ReadBody<Value> = { readonly value: Value } | { readonly refuse: (reply: FastifyReply) => FastifyReply }

export function readBody<Schema extends z.ZodType>(body: unknown, schema: Schema): ReadBody<z.output<Schema>> {
  const json = readJson(body)
  if ('fault' in json) return { refuse: (reply) => sendProblem(reply, 'malformed-request', json.fault) }
  const parsed = schema.safeParse(json.value, { reportInput: true })
  if (parsed.success) return { value: parsed.data }
  const faults = parsed.error.issues.map(describeIssue)
  return { refuse: (reply) => sendFaults(reply, faults) }
}

/** A JSON body, or why it cannot be read. `__proto__` and its kin become no prototype: JSON.parse makes own properties of them. */
function readJson(body: unknown): { readonly value: unknown } | { readonly fault: string } {
  if (!Buffer.isBuffer(body) || body.length === 0) return { fault: 'The body is empty; send a JSON object.' }
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) }
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message.replace(/[^\x20-\x7e]/g, '?') : 'it is not UTF-8'
    return { fault: `The body is not JSON: ${reason}` }
  }
}

/** A fault of a body with its place. */
function describeIssue(issue: z.core.$ZodIssue): Fault {
  const path = issue.path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'))
  const pointer = path.length === 0 ? '' : `/${path.join('/')}`
  if (issue.code === 'unrecognized_keys') {
    return { pointer, detail: `does not know ${issue.keys.map((key) => `"${key}"`).join(', ')}; check the spelling` }
  }
  return { pointer, detail: issue.code === 'invalid_type' ? describeType(issue.expected, issue.input) : issue.message }
}

/** What kinds of value are called in JSON. */
const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
}

function describeType(expected: string, input: unknown): string {
  const kind = kinds[expected] ?? expected
  if (input === undefined) return `is missing; it must be ${kind}`
  return expected === 'string' && typeof input === 'number' ? `must be ${kind}: in quotes` : `must be ${kind}`
}
