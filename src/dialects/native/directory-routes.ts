import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiSession } from '../../access/api-session.ts'
import type { DialectContext } from '../dialect.ts'
import { type Guard, sendWithdrawn } from './guard.ts'
import { sendProblem } from './problem.ts'

/** A directory of 100,000 lines takes about 10 MB of YAML. */
const directoryLimitOctets = 32 * 1024 * 1024

const yamlTypes = /^(application|text)\/(x-)?yaml\b/i

/** Who exists: the registered phones, the lines, and the whole directory as a configuration file brings it. */
export function registerDirectoryRoutes(app: FastifyInstance, context: DialectContext, guard: Guard): void {
  const writers = new WeakMap<FastifyRequest, ApiSession>()
  app.get(
    '/v1/phones',
    guard('directory:read', (_request, reply, session) => {
      const phones = session.phones().map((phone) => ({ ...phone, expiresAt: new Date(phone.expiresAt) }))
      return reply.send({ phones })
    }),
  )
  app.get(
    '/v1/lines',
    guard('directory:read', (_request, reply, session) => reply.send({ lines: session.lines() })),
  )
  app.get(
    '/v1/directory',
    guard('directory:read', (_request, reply, session) => reply.send(session.listDirectory())),
  )
  app.put(
    '/v1/directory',
    // Who asks is settled before so large a body is read; whether they still may is asked again when it is there.
    {
      bodyLimit: directoryLimitOctets,
      onRequest: guard('directory:write', (request, _reply, session) => void writers.set(request, session)),
    },
    (request, reply) => applyDirectory(request, reply, writers.get(request) as ApiSession, context),
  )
}

async function applyDirectory(
  request: FastifyRequest,
  reply: FastifyReply,
  session: ApiSession,
  context: DialectContext,
) {
  if (!yamlTypes.test(request.headers['content-type'] ?? '')) {
    const detail = 'Send the configuration file as it is, with "Content-Type: application/yaml".'
    return sendProblem(reply, 'unsupported-media-type', detail)
  }
  if (!Buffer.isBuffer(request.body)) return sendProblem(reply, 'malformed-request', 'The body is empty.')
  let yaml: string
  try {
    yaml = new TextDecoder('utf-8', { fatal: true }).decode(request.body)
  } catch {
    return sendProblem(reply, 'malformed-request', 'The body is not UTF-8.')
  }
  const applied = await session.applyDirectory(yaml)
  if (applied.outcome === 'withdrawn') return sendWithdrawn(reply)
  if (applied.outcome === 'applied') {
    const { added, changed, removed, needRestart } = applied
    const counts = { added: added.length, changed: changed.length, removed: removed.length }
    context.log.info({ by: `${session.account}/${session.name}`, ...counts }, 'directory applied')
    return reply.send({ added, changed, removed, needRestart })
  }
  const errors = applied.faults.map(({ line, column, key, message }) => ({
    pointer: `/${key.replaceAll(/[.[\]]+/g, '/').replace(/\/$/, '')}`,
    detail: `line ${line}, column ${column}: ${key === '' ? '' : `${key} `}${message}`,
  }))
  return sendProblem(reply, 'validation-failed', 'Nothing was applied; mend what "errors" names.', { errors })
}
