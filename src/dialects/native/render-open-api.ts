import { z } from 'zod'
import {
  appliedSchema,
  callSchema,
  credentialSchema,
  eventSchema,
  lineSchema,
  phoneSchema,
  problemSchema,
} from './open-api-schemas.ts'
import { type ProblemCode, problemCatalogue } from './problem.ts'
import {
  actionSchema,
  callRequestSchema,
  filterSchema,
  newCredentialSchema,
  redirectSchema,
} from './request-schemas.ts'

const jsonSchema = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' })

const problems = (...codes: ProblemCode[]) => {
  const byStatus = Map.groupBy(codes, (code) => problemCatalogue[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      String(status),
      {
        description: same.map((code) => `${code}: ${problemCatalogue[code].title}`).join('. '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

const json = (description: string, schema: object) => ({ description, content: { 'application/json': { schema } } })
const listOf = (name: string, items: object) => ({
  type: 'object',
  required: [name],
  properties: { [name]: { type: 'array', items } },
})
const call = { $ref: '#/components/schemas/Call' }
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
const guarded: ProblemCode[] = ['authentication-failed', 'permission-missing', 'limit-exceeded']

const refusals: ProblemCode[] = [
  'malformed-request',
  'validation-failed',
  'body-too-large',
  'line-not-found',
  'queue-not-found',
  'context-not-found',
  'user-not-found',
  'nobody-free',
  'invalid-number',
  'unavailable',
  'external-id-in-use',
  'barred',
  'caller-id-not-allowed',
  'not-configured',
  'not-supported',
  'idempotency-key-reused',
  'shutting-down',
]

const placeCall = {
  summary: 'Place a call: the first party rings, then the second, then they are connected',
  parameters: [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', pattern: '^[!-~]{1,255}$' } }],
  requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(callRequestSchema) } } },
  responses: {
    '201': json(
      'The call is on disk; with `wait`, as far as it has come. Idempotent-Replayed: true if it was placed before.',
      call,
    ),
    ...problems(...guarded, ...refusals),
  },
}

const credentials = {
  get: {
    summary: 'Keys, tokens and users of your accounts, without their secrets',
    responses: { '200': json('Credentials', listOf('credentials', credentialSchema)), ...problems(...guarded) },
  },
  post: {
    summary: 'Make a key, a token or a user, beside those of the configuration file',
    requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(newCredentialSchema) } } },
    responses: {
      '201': json('It is in force; its secret is told this once', {
        ...credentialSchema,
        required: [...credentialSchema.required, 'secret'],
        properties: { ...credentialSchema.properties, secret: { type: 'string' } },
      }),
      ...problems('malformed-request', 'validation-failed', 'account-not-found', 'name-in-use', ...guarded),
    },
  },
}

/** The OpenAPI 3.1 document, from the schemas that the requests are checked with. */
export function renderOpenApi(): string {
  const filter = jsonSchema(filterSchema)
  const parameters = Object.entries(filter.properties ?? {}).map(([name, schema]) => ({ name, in: 'query', schema }))
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Cordboard', version: '1' },
    security: [{ key: [] }],
    paths: {
      '/v1/calls': {
        post: placeCall,
        get: {
          summary: 'Calls, newest first',
          parameters,
          responses: {
            '200': json('One page', {
              type: 'object',
              properties: { calls: { type: 'array', items: call }, cursor: { type: 'string' } },
            }),
            ...problems('validation-failed', ...guarded),
          },
        },
      },
      '/v1/calls/{id}': {
        parameters: [id],
        get: {
          summary: 'One call',
          responses: { '200': json('The call', call), ...problems('not-found', ...guarded) },
        },
        delete: {
          summary: 'Hang up or cancel',
          responses: {
            '200': json('It had ended', call),
            '202': json('Its legs are being hung up', call),
            ...problems('not-found', ...guarded),
          },
        },
      },
      '/v1/calls/{id}/events': {
        parameters: [id],
        get: {
          summary: 'What happened; with Accept: text/event-stream, and what happens',
          parameters: [{ name: 'Last-Event-ID', in: 'header', schema: { type: 'integer' } }],
          responses: {
            '200': {
              description: 'Events in order',
              content: {
                'application/json': { schema: listOf('events', eventSchema) },
                'text/event-stream': { schema: { type: 'string' } },
              },
            },
            ...problems('not-found', ...guarded),
          },
        },
      },
      '/v1/calls/{id}/redirect': {
        parameters: [id],
        post: {
          summary: 'Send one party of a connected call elsewhere, and let the other go',
          requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(redirectSchema) } } },
          responses: {
            '202': json('The new party is being rung', call),
            ...problems(
              'malformed-request',
              'validation-failed',
              'not-found',
              'not-connected',
              'unavailable',
              ...guarded,
            ),
          },
        },
      },
      '/v1/calls/{id}/actions': {
        parameters: [id],
        post: {
          summary: 'Hold or mute a party of a connected call, send it digits, or play it a clip',
          requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(actionSchema) } } },
          responses: {
            '202': json('It is done', call),
            ...problems(
              'malformed-request',
              'validation-failed',
              'not-found',
              'clip-not-found',
              'not-in-this-state',
              ...guarded,
            ),
          },
        },
      },
      '/v1/phones': {
        get: {
          summary: 'Registered phones',
          responses: { '200': json('Phones', listOf('phones', phoneSchema)), ...problems(...guarded) },
        },
      },
      '/v1/lines': {
        get: {
          summary: 'Lines of your accounts',
          responses: { '200': json('Lines', listOf('lines', lineSchema)), ...problems(...guarded) },
        },
      },
      '/v1/directory': {
        get: {
          summary: 'Everything that your accounts have, by kind, without secrets',
          responses: { '200': json('Lists of things by kind', { type: 'object' }), ...problems(...guarded) },
        },
        put: {
          summary: 'Bring the directory to what a configuration file says, whole or not at all',
          requestBody: { required: true, content: { 'application/yaml': { schema: { type: 'string' } } } },
          responses: {
            '200': json('What changed, each as its kind and name', appliedSchema),
            ...problems('validation-failed', 'body-too-large', 'unsupported-media-type', ...guarded),
          },
        },
      },
      '/v1/credentials': credentials,
      '/v1/credentials/{kind}/{account}/{name}': {
        parameters: ['kind', 'account', 'name'].map((name) => ({ ...id, name })),
        delete: {
          summary: 'Revoke a key, a token or a user that was made while the server runs: at once, and for good',
          responses: { '204': { description: 'It is gone' }, ...problems('not-found', 'in-the-file', ...guarded) },
        },
      },
    },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: problemSchema, Call: callSchema },
    },
  })
}
