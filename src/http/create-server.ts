import { randomUUID } from 'node:crypto'
import { METHODS } from 'node:http'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { ClientOrigin } from '../access/caller.ts'
import { originOf } from '../dialects/client.ts'
import type { Dialect, DialectContext } from '../dialects/dialect.ts'
import { sendFailure, sendProblem } from '../dialects/native/problem.ts'
import type { Log } from '../log.ts'
import { answerClientError, type BareAnswer, type UnreadableRequest } from './answer-client-error.ts'
import { answerHalfClosed } from './answer-half-closed.ts'
import { hasCredibleHost, takeHostOfUrl } from './check-host.ts'
import { answerCrossOrigin } from './cross-origin.ts'
import { registerFrontPage } from './front-page.ts'
import { hideSecrets } from './hide-secrets.ts'
import type { Metrics } from './metrics.ts'
import { rewriteUrl } from './rewrite-url.ts'
import { shareConnections } from './share-connections.ts'
import { takeCarelessTargets } from './take-careless-targets.ts'

export interface ServerOptions {
  readonly dialects: readonly Dialect[]
  /** Whether a dialect is there for a client; where it is not, nothing tells it from a path that never was. Always by default. */
  readonly isServed?: (dialect: string, from: ClientOrigin) => boolean
  /** Networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed; none by default. */
  readonly trustedProxies?: readonly string[]
  /** Whether an account lists this origin, so that browsers let its pages ask; none by default. */
  readonly listsOrigin?: (origin: string) => boolean
  readonly context: Omit<DialectContext, 'log' | 'closing'>
  readonly metrics: Metrics
  readonly log: Log
  /** Why the server cannot take calls now, each in words for anybody's eyes; for /readyz. */
  readonly notReady: () => Promise<readonly string[]>
  /** How long a closing server waits for its clients before it cuts them off; 5,000 ms by default. */
  readonly drainMilliseconds?: number
  /** How long a client is waited with that has closed its half of the connection; a minute by default, in which most phones are answered. */
  readonly halfClosedMilliseconds?: number
}

/** Shared by every dialect's contract: a larger body is the vendor's own "bad request". */
export const bodyLimitOctets = 64 * 1024

/** Room for a query of 1001 parameters with names of usual length, which is for the vendor to refuse, not for HTTP. */
const headerLimitOctets = 48 * 1024

/** Long enough for the longest wait that a request may ask for, short enough that a stalled client gives its socket back. */
const headersTimeoutMilliseconds = 10_000
const requestTimeoutMilliseconds = 30_000
/** How often Node looks for those; by default so seldom that 10 seconds become 40. */
const timeoutCheckMilliseconds = 1_000
const keepAliveTimeoutMilliseconds = 65_000
const requestsPerSocket = 100_000
const connections = 10_000

/** Marks a request of our own, in the place of one that cannot be read; nobody else knows the value. */
const unreadableField = 'x-unreadable'
const unreadableMark = randomUUID()
const keptFields: ReadonlySet<string> = new Set(['content-type', 'cache-control', 'access-control-allow-origin'])

/** The HTTP front: what is common to all dialects, and each of them as an encapsulated plugin. Not yet listening. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { trustedProxies = [], isServed = () => true, listsOrigin = () => false } = options
  const app = fastify({
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    clientErrorHandler: (error, socket) => void answerClientError(error, socket, describeUnreadable),
    bodyLimit: bodyLimitOctets,
    requestTimeout: requestTimeoutMilliseconds,
    keepAliveTimeout: keepAliveTimeoutMilliseconds,
    maxRequestsPerSocket: requestsPerSocket,
    return503OnClosing: false,
    http: {
      maxHeaderSize: headerLimitOctets,
      // A request without one is for its dialect to refuse; Node would do so without a word.
      requireHostHeader: false,
      headersTimeout: headersTimeoutMilliseconds,
      connectionsCheckingInterval: timeoutCheckMilliseconds,
    },
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    rewriteUrl(request) {
      takeHostOfUrl(request)
      return rewriteUrl(request.url ?? '/')
    },
    routerOptions: { maxParamLength: 128 },
    frameworkErrors: (_error, _request, reply) => {
      // Outside every dialect: no route was found yet, so no reply type is known either.
      reply.raw.writeHead(400, { 'content-type': 'application/problem+json' }).end(malformedUrl)
    },
  })
  /** A request to that path that each dialect's own plugin refuses as unreadable. */
  async function describeUnreadable({ path, host, address }: UnreadableRequest): Promise<BareAnswer | undefined> {
    const headers = { host, [unreadableField]: unreadableMark }
    const { statusCode, headers: fields, body } = await app.inject({ url: path, headers, remoteAddress: address })
    if (fields[unreadableField] === undefined) return undefined
    const kept = Object.entries(fields).filter(([name]) => keptFields.has(name))
    return { status: statusCode, fields: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])), body }
  }
  const endSilent = takeCarelessTargets(app.server, headersTimeoutMilliseconds)
  app.addHook('preClose', async () => endSilent())
  answerHalfClosed(app.server, options.halfClosedMilliseconds ?? 60_000)
  shareConnections(app.server, connections, options.log)
  app.setNotFoundHandler((_request, reply) => sendNothingHere(reply))
  app.setErrorHandler((error: Error, _request, reply) => sendFailure(reply, error, options.log))
  // RFC 9110 section 10.1.1: what is expected of us beyond `100-continue` may be passed over; Node would refuse it by itself.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  takeEveryBodyAsText(app)
  takeEveryMethod(app)
  const closing = endWaitsOnClose(app, options.drainMilliseconds ?? 5_000)
  const context: DialectContext = { ...options.context, log: options.log, closing }
  app.addHook('onResponse', async (request, reply) => {
    const dialect = request.routeOptions.config.dialect ?? 'none'
    options.metrics.countRequest(dialect, reply.statusCode, reply.elapsedTime / 1000)
    options.log.info(
      {
        requestId: request.id,
        method: request.method,
        url: hideSecrets(request.originalUrl),
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime),
        client: request.ip,
      },
      'request',
    )
  })

  registerFrontPage(app)
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const reasons = await options.notReady()
    if (reasons.length === 0) return { status: 'ready' }
    return reply.status(503).header('retry-after', '5').send({ status: 'not ready', reasons })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.render()),
  )

  for (const dialect of options.dialects) {
    await app.register(async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, dialect: dialect.name }
      })
      scope.addHook('onRequest', async (request, reply) => {
        if (!isServed(dialect.name, originOf(request))) return sendNothingHere(reply)
        // Thrown, so that the dialect says it in its own shape.
        if (answerCrossOrigin(request, reply, listsOrigin)) return reply
        const isUnreadable = request.headers[unreadableField] === unreadableMark
        if (isUnreadable) reply.header(unreadableField, dialect.name)
        if (isUnreadable || !hasCredibleHost(request.raw))
          throw Object.assign(new Error('The request cannot be read'), { statusCode: 400 })
      })
      await dialect.register(scope, context)
    })
  }
  return app
}

const sendNothingHere = (reply: FastifyReply): FastifyReply =>
  sendProblem(reply, 'not-found', 'This server has no such resource.')

/**
 * When the server closes, waits and streams end at once, everything else is answered; who has not gone by then is cut off.
 * Returns the signal of it.
 */
function endWaitsOnClose(app: FastifyInstance, drainMilliseconds: number): AbortSignal {
  const closing = new AbortController()
  let cutOff: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    closing.abort()
    cutOff = setTimeout(() => app.server.closeAllConnections(), drainMilliseconds)
  })
  app.addHook('onClose', async () => clearTimeout(cutOff))
  return closing.signal
}

const malformedUrl = JSON.stringify({
  type: '/problems/malformed-request',
  title: 'The URL cannot be read',
  status: 400,
})

/** How a body is read is each dialect's own: they get its octets, whatever Content-Type stands above it. */
function takeEveryBodyAsText(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ mediaType, raw }) => {
    // Fastify refuses a body under one that is no media type (``, `json`, two at once); careless clients send such.
    if (mediaType === undefined) delete raw.headers['content-type']
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, ({ headers }, body, done) => {
    // Taken as it is, what is compressed would be a form without a single parameter of the client's.
    const isPlain = /^(?:identity)?$/i.test(headers['content-encoding'] ?? '')
    done(isPlain ? null : Object.assign(new Error('The body is encoded'), { statusCode: 415 }), body)
  })
  // RFC 9110 section 9.3.1 gives the body of a GET no meaning, and forbids none: `curl -X GET -d` sends its parameters there.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
}

/** PROPFIND and its like are for a dialect to refuse, in its own shape, as it refuses PUT. */
function takeEveryMethod(app: FastifyInstance): void {
  // CONNECT never gets here: it asks for a tunnel, and Node closes the connection.
  const others = METHODS.filter((method) => method !== 'CONNECT' && !app.supportedMethods.includes(method))
  for (const method of others) app.addHttpMethod(method)
}

declare module 'fastify' {
  interface FastifyContextConfig {
    dialect?: string
  }
}
