import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DialectContext } from '../dialect.ts'
import { type Guard, nameOf, sendWithdrawn, whileWriter } from './guard.ts'
import { sendProblem } from './problem.ts'

/** A directory of 100,000 lines takes about 10 MB of YAML. */
const directoryLimitOctets = 32 * 1024 * 1024

const yamlTypes = /^(application|text)\/(x-)?yaml\b/i

/** Who exists: the registered phones, the lines, and the whole directory as a configuration file brings it. */
export function registerDirectoryRoutes(app: FastifyInstance, context: DialectContext, guard: Guard): void {
  const writers = new WeakMap<FastifyRequest, Writer>()
  app.get(
    '/v1/phones',
    guard('directory:read', (_request, reply, caller) => {
      const phones = context
        .phones(caller.accounts)
        .map((phone) => ({ ...phone, expiresAt: new Date(phone.expiresAt) }))
      return reply.send({ phones })
    }),
  )
  app.get(
    '/v1/lines',
    guard('directory:read', (_request, reply, caller) => reply.send({ lines: context.lines(caller.accounts) })),
  )
  app.get(
    '/v1/directory',
    guard('directory:read', (_request, reply, caller) => reply.send(context.listDirectory(caller.accounts))),
  )
  app.put(
    '/v1/directory',
    // Who asks is settled before so large a body is read.
    {
      bodyLimit: directoryLimitOctets,
      onRequest: guard('directory:write', (request, reply, caller) => {
        writers.set(request, { name: nameOf(caller), withdrawn: whileWriter(reply, caller, context) })
      }),
    },
    (request, reply) => applyDirectory(request, reply, writers.get(request) as Writer, context),
  )
}

/** Who sends a directory; `withdrawn` aborts when it may not any more, which may be while its body comes. */
interface Writer {
  readonly name: string
  readonly withdrawn: AbortSignal
}

async function applyDirectory(request: FastifyRequest, reply: FastifyReply, writer: Writer, context: DialectContext) {
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
  const applied = await context.applyDirectory(yaml, writer.withdrawn)
  if (applied.outcome === 'withdrawn') return sendWithdrawn(reply)
  if (applied.outcome === 'applied') {
    const { added, changed, removed, needRestart } = applied
    const counts = { added: added.length, changed: changed.length, removed: removed.length }
    context.log.info({ by: writer.name, ...counts }, 'directory applied')
    return reply.send({ added, changed, removed, needRestart })
  }
  const errors = applied.faults.map(({ line, column, key, message }) => ({
    pointer: `/${key.replaceAll(/[.[\]]+/g, '/').replace(/\/$/, '')}`,
    detail: `line ${line}, column ${column}: ${key === '' ? '' : `${key} `}${message}`,
  }))
  return sendProblem(reply, 'validation-failed', 'Nothing was applied; mend what "errors" names.', { errors })
}
