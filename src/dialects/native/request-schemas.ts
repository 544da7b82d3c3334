import { z } from 'zod'
import type { WaitCondition } from '../../access/api-session.ts'
import type { LegTargetKind } from '../../call/call-request.ts'
import { webLink } from '../web-link.ts'

export const targetKinds = [
  'line',
  'dial',
  'number',
  'queue',
  'context',
  'user',
] as const satisfies readonly LegTargetKind[]

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

export type TargetMembers = z.infer<z.ZodObject<typeof targetMembers>>

const namesOneTarget = (value: TargetMembers): boolean =>
  targetKinds.filter((kind) => value[kind] !== undefined).length === 1
const oneTarget = { error: `must name exactly one of ${targetKinds.join(', ')}` }

/** Whom to reach, by exactly one of its members. */
const targetSchema = z.strictObject(targetMembers).refine(namesOneTarget, oneTarget)

const legSchema = z
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
  first: legSchema.describe('Rings first'),
  second: legSchema.describe('Rings when the first has answered'),
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

export type CallBody = z.output<typeof callRequestSchema>

/** The body of `POST /v1/calls/:id/redirect`. */
export const redirectSchema = z.strictObject({
  stays: z.enum(['first', 'second']).describe('The party that stays; the other is let go'),
  to: targetSchema.describe('Who is dialled in its place'),
})

const oneParty = z.enum(['first', 'second'])
const parties = z.enum(['first', 'second', 'both'])
const actionNames = ['hold', 'resume', 'mute', 'unmute', 'send-digits', 'play', 'stop-playing'] as const

/** The body of `POST /v1/calls/:id/actions`. */
export const actionSchema = z.discriminatedUnion(
  'action',
  [
    z.strictObject({
      action: z.literal('hold').describe('That party hears music, and the other does not hear it'),
      leg: oneParty,
    }),
    z.strictObject({ action: z.literal('resume'), leg: oneParty }),
    z.strictObject({ action: z.literal('mute').describe('That party is not heard; it hears'), leg: oneParty }),
    z.strictObject({ action: z.literal('unmute'), leg: oneParty }),
    z.strictObject({
      action: z.literal('send-digits'),
      leg: oneParty.describe('Who is sent the digits'),
      digits: z
        .string()
        .regex(/^[0-9*#A-Dw]{1,64}$/, 'must be 1 to 64 of 0-9, *, #, A-D and w, which waits half a second'),
    }),
    z.strictObject({
      action: z.literal('play').describe('That party hears the clip, once, and not the other'),
      leg: parties,
      clip: printable(64).describe('A clip of the account, or one that ships with the server, by its name'),
    }),
    z.strictObject({ action: z.literal('stop-playing'), leg: parties }),
  ],
  { error: `must be one of ${actionNames.join(', ')}` },
)

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** The query of `GET /v1/calls`. */
export const filterSchema = z.strictObject({
  externalId: z.string().max(128).optional(),
  state: z.enum(['live', 'ended']).optional(),
  from: time.optional(),
  until: time.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'must be the cursor of the page before, as it was told')
    .optional(),
})

export const credentialKindSchema = z.enum(['api-key', 'token', 'user'])
const short = z.string().min(1).max(64)
const extensions = z.array(short).max(1000)
const permissions = z.array(short).max(32)
const common = { account: short.optional().describe('The account of your key if absent'), name: short }

/** The body of `POST /v1/credentials`. */
export const newCredentialSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('api-key'),
    ...common,
    permissions,
    signing: z.boolean().optional().describe('Whether requests may be signed with it; true if absent'),
  }),
  z.strictObject({
    kind: z.literal('token'),
    ...common,
    permissions: permissions.optional(),
    lines: extensions.optional().describe('The extensions that it is limited to'),
  }),
  z.strictObject({ kind: z.literal('user'), ...common, role: short, line: short.optional() }),
])
