import { isSupportedCountry } from 'libphonenumber-js/max'
import { z } from 'zod'
import { namePattern } from '../directory/name-pattern.ts'
import { parseNetwork } from '../directory/network.ts'
import { permissions } from '../directory/permission.ts'
import { isTimeZone } from '../directory/time-zone.ts'
import { isAddress, isHost, isHostInUri } from './host-pattern.ts'
import { secretSchemas } from './resolve-secrets.ts'
import { readTrunkAddress } from './trunk-address.ts'

export { permissions }

/** In whose words an account's events may be told. */
export const webhookFormats = ['native', 'enswitch'] as const

const name = z.string().regex(namePattern, 'must be 1 to 64 printable characters without quotes and slashes')
const extension = z.string().regex(/^[0-9*#]{1,12}$/, 'must be 1 to 12 digits, in quotes: "101"')
const e164 = z
  .string()
  .regex(/^\+[1-9][0-9]{3,14}$/, 'must be an international number with its plus sign: "+61255501000"')
const secret = z.string().min(8, 'must have at least 8 characters').max(256).register(secretSchemas)
/** A carrier chooses it, however short. */
const trunkPassword = z.string().register(secretSchemas)
const port = z.int().min(0).max(65_535)
const host = z.string().refine(isHost, 'must be an IP address or a host name: "192.0.2.1", "voice.example"')
/** Sockets are bound to it, and phones are told to send to it: no name will do. */
const ownAddress = z.string().refine(isAddress, 'must be an IP address of this machine: "192.0.2.1"')
const listener = z
  .string()
  .regex(/^(udp|tcp):(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, {
    error: 'must be protocol:host:port, with udp or tcp: "udp:127.0.0.1:5060"',
    abort: true,
  })
  .refine((text) => isAddress(text.slice(4, text.lastIndexOf(':')).replace(/^\[|\]$/g, '')), {
    error: 'must have an IP address of this machine: "udp:192.0.2.1:5060"',
    abort: true,
  })
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'must have a port of at most 65535')
const lineNumbers = z.union([z.literal('all'), z.array(extension)], 'must be all, or a list of extensions: ["101"]')

const network = z
  .string()
  .refine(
    (text) => parseNetwork(text) !== undefined,
    'must be a network or an address: "192.0.2.0/24", "2001:db8::/32"',
  )
/** RFC 6454 section 6.2, as a browser sends it, or every page. */
const webOrigin = z
  .string()
  .refine(
    (text) => text === '*' || URL.parse(text)?.origin === text,
    'must be the origin of a web page, without a path: "https://crm.example", or "*"',
  )

/** From where something may be used; everywhere where nothing is said. */
const allowedFrom = {
  hosts: z
    .array(
      z
        .string()
        .refine(
          (text) => isHostInUri(text) && !text.endsWith('.'),
          'must be a host name without its port: "voice.example"',
        )
        .toLowerCase(),
    )
    .min(1)
    .optional(),
  networks: z.array(network).min(1).optional(),
}
const limits = z
  .strictObject({
    requestsPerSecond: z.number().positive().optional(),
    callsPerMinute: z.int().min(1).optional(),
    simultaneousCalls: z.int().min(1).optional(),
  })
  .optional()
/** The credential may have its calls show any number: its holder answers for them. */
const trustCallerIds = z.boolean().default(false)
const dialectShape = { enabled: z.boolean().default(true), ...allowedFrom }
const dialect = z.strictObject(dialectShape).prefault({})
/** Where this server's other APIs are. */
const otherApis = /^\/(?:v1|problems|calls|sms|metrics|healthz|readyz|api\/originate-call|api\/0\.9\.3)(?:\/|$)/
const pathPrefix = z
  .string()
  .regex(/^(?:\/[A-Za-z0-9._~-]+)+$/, 'must be a path without a slash at its end: "/pbx_api"')
  .refine((path) => !otherApis.test(path), 'is where another API of this server is; name another path')
const prefixedDialect = z
  .strictObject({
    ...dialectShape,
    prefixes: z.array(pathPrefix).min(1).default(['/api/json', '/local/api/json', '/pbx_api']),
  })
  .prefault({})

const certificateFiles = {
  certificate: z.string().min(1, 'must be the path of a PEM file'),
  key: z.string().min(1, 'must be the path of a PEM file'),
}

/** Stands in the row of every call. */
const nodeNumber = z.int().min(1).max(999)

/** A recorded sound; a relative path starts at the folder of the configuration file. */
const sound = z.strictObject({
  name: name.refine((text) => !text.startsWith('cordboard:'), 'begins like those that ship with the server'),
  file: z.string().min(1, 'must be the path of a WAV file'),
})

/** What a phone of the line would dial. */
const forwardTo = z.string().min(1).max(64).optional()

const line = z.strictObject({
  number: extension,
  fullNumber: z
    .string()
    .regex(/^[0-9]{7}$/, 'must be 7 digits, in quotes')
    .optional(),
  secret,
  name: name.optional(),
  callerId: e164.optional(),
  forward: z.strictObject({ noAnswer: forwardTo, busy: forwardTo, unavailable: forwardTo }).optional(),
})

const feature = z.strictObject({
  play: z.string().optional(),
  queue: name.optional(),
  line: extension.optional(),
  dial: z.string().min(1).max(64).optional(),
  context: name.optional(),
})

const userOf = (url: string): string => {
  const { username = '', password = '' } = URL.parse(url) ?? {}
  return username + password
}

const account = z.strictObject({
  name,
  id: z.int().min(1).max(999_999_999).optional(),
  parent: name.optional(),
  country: z
    .string()
    .refine(isSupportedCountry, { error: ({ input }) => describeCountry(input) })
    .default('AU'),
  timeZone: z.string().refine(isTimeZone, 'must be a time zone of the IANA: "Australia/Sydney"').optional(),
  domain: host.optional(),
  ...allowedFrom,
  origins: z.array(webOrigin).min(1).optional(),
  limits,
  lines: z.array(line).default([]),
  apiKeys: z
    .array(
      z.strictObject({
        name,
        key: secret,
        permissions: z.array(z.enum(permissions)),
        signing: z.boolean().default(true),
        trustCallerIds,
        limits,
      }),
    )
    .default([]),
  tokens: z
    .array(
      z.strictObject({
        name,
        token: secret,
        lines: lineNumbers.default('all'),
        permissions: z.array(z.enum(permissions)).optional(),
        trustCallerIds,
        limits,
      }),
    )
    .default([]),
  users: z
    .array(z.strictObject({ name, password: secret, role: name, line: extension.optional(), trustCallerIds, limits }))
    .default([]),
  roles: z.array(z.strictObject({ name, permissions: z.array(z.enum(permissions)) })).default([]),
  queues: z
    .array(
      z.strictObject({
        name,
        number: extension.optional(),
        strategy: z.enum(['longest-idle', 'ring-all', 'round-robin', 'in-order', 'random']).default('longest-idle'),
        members: z.array(extension).default([]),
        wrapUpSeconds: z.int().min(0).max(3600).default(0),
      }),
    )
    .default([]),
  contexts: z.array(z.strictObject({ name, steps: z.array(feature.extend({ unless: name.optional() })) })).default([]),
  featureCodes: z.record(z.string().regex(/^[*#0-9]{1,12}$/), feature).default({}),
  clips: z.array(sound).default([]),
  music: z.array(sound).default([]),
  recordGroups: z.array(z.strictObject({ id: z.int().min(1), name })).default([]),
  cards: z.array(z.strictObject({ number: z.string().regex(/^[0-9]{1,32}$/), balance: z.number() })).default([]),
  webhooks: z
    .array(
      z.strictObject({
        url: z
          .url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })
          // No request can be made to such a URL, and whatever says so shows it.
          .refine((url) => userOf(url) === '', {
            error: 'must not hold a user and password; put a secret into the path or the query instead',
          }),
        format: z.enum(webhookFormats).default('native'),
      }),
    )
    .default([]),
  ratePlan: name.optional(),
  balance: z.number().optional(),
  callerIds: z.array(e164).default([]),
  emergencyCalls: z.boolean().default(false),
})

/** What people write for a country, beside its code. */
const countryHabits: Readonly<Record<string, string>> = { UK: 'GB', EN: 'GB', SU: 'RU', EL: 'GR', USA: 'US' }

function describeCountry(input: unknown): string {
  const written = String(input).trim().toUpperCase()
  const meant = isSupportedCountry(written) ? written : countryHabits[written]
  const must = 'must be an ISO 3166 country code of two capitals: AU'
  return meant === undefined ? must : `${must}; did you mean "${meant}"?`
}

const prefix = z
  .string()
  .regex(/^(\+?[0-9]{1,15})?$/, 'must be the beginning of a number: "+61", or "" for every number')
const rate = z.union(
  [z.strictObject({ prefix, perMinute: z.number().min(0) }), z.strictObject({ prefix, barred: z.literal(true) })],
  'must be a prefix in quotes with either a price or a bar: { prefix: "+61", perMinute: 0.05 } or { prefix: "+1900", barred: true }',
)

const trunk = z.strictObject({
  name,
  address: z.string().superRefine((text, context) => {
    const read = readTrunkAddress(text)
    if ('fault' in read) context.addIssue({ code: 'custom', message: read.fault })
  }),
  username: z.string().optional(),
  password: trunkPassword.optional(),
  format: z.enum(['e164', 'national', 'plain']).default('e164'),
  accounts: z.array(name).optional(),
  prefixes: z.array(prefix).default(['']),
  priority: z.int().min(0).default(1),
})

/** The whole configuration file; every key is explained in docs/configuration.md. */
export const configSchema = z.strictObject({
  http: z
    .strictObject({
      host: host.default('127.0.0.1'),
      port: port.default(8080),
      trustedProxies: z.array(network).default([]),
      tls: z
        .strictObject({
          host: host.default('0.0.0.0'),
          port: port.default(8443),
          ...certificateFiles,
          others: z.array(z.strictObject(certificateFiles)).default([]),
        })
        .optional(),
    })
    .prefault({}),
  dialects: z
    .strictObject({ native: dialect, myapi: dialect, enswitch: prefixedDialect, while1: dialect, spectronics: dialect })
    .prefault({}),
  sip: z
    .strictObject({
      listen: z.array(listener).min(1).default(['udp:127.0.0.1:5060']),
      advertise: host.nullable().default(null),
      digest: z
        .array(z.enum(['MD5', 'SHA-256']))
        .min(1)
        .default(['MD5']),
      realm: z
        .string()
        .regex(/^[A-Za-z0-9.-]{1,128}$/)
        .default('cordboard'),
      refusedNetworks: z.array(network).default([]),
      qualifySeconds: z.int().min(0).max(3600).default(60),
    })
    .prefault({}),
  media: z
    .strictObject({
      host: ownAddress.default('127.0.0.1'),
      ports: z
        .string()
        .regex(/^\d{1,5}-\d{1,5}$/, 'must be first-last: 20000-29999')
        .default('20000-29999'),
      workers: z.int().min(1).max(64).default(1),
    })
    .prefault({}),
  store: z
    .string()
    .regex(/^sqlite:.+/, 'must be "sqlite:PATH"; PostgreSQL is not available yet')
    .default('sqlite:./data/cordboard.db'),
  calls: z
    .strictObject({
      ringSeconds: z.int().min(1).max(300).default(30),
      memberRingSeconds: z.int().min(1).max(300).default(15),
      longestSeconds: z.int().min(1).max(2_000_000).default(14_400),
      silentSeconds: z.int().min(0).max(86_400).default(60),
    })
    .prefault({}),
  node: z.strictObject({ number: nodeNumber.default(1), name: name.default('cordboard') }).prefault({}),
  limits: z
    .strictObject({ requestsPerSecond: z.number().positive().default(100), burst: z.int().min(1).default(200) })
    .prefault({}),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('warn') }).prefault({}),
  accounts: z.array(account).default([]),
  ratePlans: z
    .array(z.strictObject({ name, currency: z.string().length(3).default('AUD'), rates: z.array(rate) }))
    .default([]),
  trunks: z.array(trunk).default([]),
  demo: z
    .strictObject({
      phones: z.array(z.string().regex(/^[^/]+\/[0-9*#]+$/, 'must be account/extension')).default([]),
      trunk: name.optional(),
    })
    .optional(),
})

export type Config = z.infer<typeof configSchema>
