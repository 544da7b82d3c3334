import { z } from 'zod'
import type { WaitCondition, WantedCall } from '../../access/api-session.ts'
import type { LegRequest, LegTarget, LegTargetKind } from '../../call/call-request.ts'
import { webLink } from '../web-link.ts'
import type { Fault } from './problem.ts'

const targetKinds = ['line', 'dial', 'number', 'queue', 'context', 'user'] as const satisfies readonly LegTargetKind[]

/** Printable characters only: what is read here may come near a header, a log line or a screen. */
const printable = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')

const callerId = z.strictObject({ name: printable(80).optional(), number: printable(32).optional() })

const targetMembers = {
  line: printable(64).optional().describe('A line of the account, by extension or full number'),
  dial: printable(64).optional().describe('Whatever a phone of the account reaches by dialling this'),
  number: printable(64).optional().describe('An outside number'),
  queue: printable(64).optional().describe('A queue: its members who are there and free'),
  context: printable(64).optional().describe('A context: whoever its steps ring'),
  user: printable(64).optional().describe("A user's own line"),
}

type TargetMembers = z.infer<z.ZodObject<typeof targetMembers>>

const namesOneTarget = (value: TargetMembers): boolean =>
  targetKinds.filter((kind) => value[kind] !== undefined).length === 1
const oneTarget = { error: `must name exactly one of ${targetKinds.join(', ')}` }

/** Whom to reach, by exactly one of its members. */
export const targetSchema = z.strictObject(targetMembers).refine(namesOneTarget, oneTarget)

export function targetOf(parsed: TargetMembers): LegTarget {
  const kind = targetKinds.find((candidate) => parsed[candidate] !== undefined) ?? 'dial'
  return { kind, value: parsed[kind] ?? '' } as LegTarget
}

const leg = z
  .strictObject({
    ...targetMembers,
    autoAnswer: z.boolean().optional().describe("Ask the leg's phone to answer by itself"),
    callerId: callerId.optional().describe('What this leg is shown'),
    ringSeconds: z.int().min(1).max(300).optional(),
    link: z
      .string()
      .refine((text) => webLink(text) !== undefined, 'must be an absolute http or https URL')
      .optional()
      .describe("A web page about the call, for the screen of the leg's phone"),
    trunk: printable(64).optional().describe('Dial an outside number through this trunk'),
    screen: z.boolean().optional().describe('This party must accept the call before it is connected'),
    warnBeforeCutOff: z.boolean().optional().describe('This party hears a tone before credit cuts the call off'),
  })
  .refine(namesOneTarget, oneTarget)

const waitConditions = [
  'accepted',
  'ringing',
  'answered',
  'bridged',
  'ended',
] as const satisfies readonly WaitCondition[]

/** The body of `POST /v1/calls`. */
export const callRequestSchema = z.strictObject({
  first: leg.describe('Rings first'),
  second: leg.describe('Rings when the first has answered'),
  delaySeconds: z.int().min(0).max(31_536_000).default(0),
  externalId: printable(128).optional().describe('Your own id of the call; unique in the account while the call lives'),
  card: printable(64).optional().describe('Bill this card of the account'),
  recordGroup: z.int().min(1).optional().describe('Record the call into this record group, by its id'),
  noForwards: z
    .boolean()
    .optional()
    .describe('Ring nobody in the place of a line: neither its own forward nor a 302 of its phone is followed'),
  variables: z
    .record(printable(64), z.string().max(1024))
    .default({})
    .refine((value) => Object.keys(value).length <= 100, { error: 'must not hold more than 100 variables' }),
  wait: z
    .strictObject({ for: z.enum(waitConditions), seconds: z.number().positive().max(120).default(30) })
    .optional()
    .describe('Answer only when the call has come so far, or the seconds have passed'),
})

export interface ParsedCallRequest {
  readonly request: WantedCall
  readonly wait?: { readonly for: WaitCondition; readonly seconds: number }
}

/** The native body into a request of the account; every fault with its place. */
export function parseCallRequest(
  body: unknown,
  account: string,
): ParsedCallRequest | { readonly faults: readonly Fault[] } {
  const result = callRequestSchema.safeParse(body, { reportInput: true })
  if (!result.success) return { faults: result.error.issues.map(describeIssue) }
  const { first, second, delaySeconds, externalId, card, recordGroup, noForwards, variables, wait } = result.data
  return {
    request: {
      account,
      first: canonicalLeg(first),
      second: canonicalLeg(second),
      delaySeconds,
      ...(externalId === undefined ? {} : { externalId }),
      ...(card === undefined ? {} : { card }),
      ...(recordGroup === undefined ? {} : { recordGroup }),
      ...(noForwards === true ? { noForwards } : {}),
      variables,
    },
    ...(wait === undefined ? {} : { wait }),
  }
}

function canonicalLeg(parsed: z.infer<typeof leg>): LegRequest {
  const { autoAnswer, ringSeconds, trunk, screen, warnBeforeCutOff } = parsed
  const link = parsed.link === undefined ? undefined : webLink(parsed.link)
  return {
    target: targetOf(parsed),
    ...(autoAnswer === undefined ? {} : { autoAnswer }),
    ...(parsed.callerId === undefined ? {} : { callerId: withoutUndefined(parsed.callerId) }),
    ...(ringSeconds === undefined ? {} : { ringSeconds }),
    ...(link === undefined ? {} : { link }),
    ...(trunk === undefined ? {} : { trunk }),
    ...(screen === true ? { screen: 'required' } : {}),
    ...(warnBeforeCutOff === true ? { warnBeforeCutOff: 'required' } : {}),
  }
}

const withoutUndefined = ({ name, number }: z.infer<typeof callerId>) => ({
  ...(name === undefined ? {} : { name }),
  ...(number === undefined ? {} : { number }),
})

/** A fault of a body with its place. */
export function describeIssue(issue: z.core.$ZodIssue): Fault {
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
