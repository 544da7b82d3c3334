import type { FastifyInstance } from 'fastify'
import type { Dialect } from '../dialect.ts'
import { registerCallRoutes } from './call-routes.ts'
import { registerCredentialRoutes } from './credential-routes.ts'
import { registerDirectoryRoutes } from './directory-routes.ts'
import { createGuard } from './guard.ts'
import { problemCatalogue, sendFailure, sendProblem } from './problem.ts'
import { renderOpenApi } from './render-open-api.ts'

/** Cordboard's own API over the same calls: JSON, Bearer keys, problem details. */
export const nativeDialect: Dialect = {
  name: 'native',
  register(app, context) {
    app.setErrorHandler((error: Error, _request, reply) => sendFailure(reply, error, context.log))
    const guard = createGuard(context.access)
    registerCallRoutes(app, context, guard)
    registerDirectoryRoutes(app, context, guard)
    registerCredentialRoutes(app, context, guard)
    const openApi = renderOpenApi()
    app.get('/v1/openapi.json', (_request, reply) => reply.type('application/json').send(openApi))
    app.get<{ Params: { code: string } }>('/problems/:code', (request, reply) => {
      const entry = Object.entries(problemCatalogue).find(([code]) => code === request.params.code)
      if (entry === undefined) return sendProblem(reply, 'not-found', 'There is no such problem.')
      return reply.type('text/plain; charset=utf-8').send(`${entry[0]} (HTTP ${entry[1].status}): ${entry[1].title}.\n`)
    })
    refuseOtherMethods(app)
    app.all('/v1/*', (_request, reply) => sendProblem(reply, 'not-found', 'This API has no such resource.'))
  },
}

const resources: readonly (readonly [url: string, allowed: readonly string[]])[] = [
  ['/v1/calls', ['GET', 'HEAD', 'POST']],
  ['/v1/calls/:id', ['GET', 'HEAD', 'DELETE']],
  ['/v1/calls/:id/events', ['GET', 'HEAD']],
  ['/v1/calls/:id/redirect', ['POST']],
  ['/v1/calls/:id/actions', ['POST']],
  ['/v1/phones', ['GET', 'HEAD']],
  ['/v1/lines', ['GET', 'HEAD']],
  ['/v1/directory', ['GET', 'HEAD', 'PUT']],
  ['/v1/credentials', ['GET', 'HEAD', 'POST']],
  ['/v1/credentials/:kind/:account/:name', ['DELETE']],
  ['/v1/openapi.json', ['GET', 'HEAD']],
]

/** RFC 9110 section 15.5.6: a resource that knows not the method says which it does. */
function refuseOtherMethods(app: FastifyInstance): void {
  for (const [url, allowed] of resources) {
    const method = app.supportedMethods.filter((candidate) => !allowed.includes(candidate))
    app.route({
      method,
      url,
      handler: (_request, reply) =>
        sendProblem(reply.header('allow', allowed.join(', ')), 'method-not-allowed', `Use ${allowed.join(', ')}.`),
    })
  }
}
