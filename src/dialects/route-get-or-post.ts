import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | FastifyReply

const methods = ['GET', 'POST']

/** GET and POST of `url` are for `handler`, every other method for `refuse`, which answers in the vendor's shape. */
export function routeGetOrPost(app: FastifyInstance, url: string, handler: Handler, refuse: Handler): void {
  // HEAD must have no effect (RFC 9110 section 9.2.1), and a vendor's GET rings a phone: Fastify derives none from it.
  app.route({ method: methods, url, exposeHeadRoute: false, handler })
  app.route({ method: app.supportedMethods.filter((method) => !methods.includes(method)), url, handler: refuse })
}
