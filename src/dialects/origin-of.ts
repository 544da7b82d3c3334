import type { FastifyRequest } from 'fastify'
import type { ClientOrigin } from '../access/caller.ts'

/** Where the request came from: the client's address as far as trusted proxies tell, and the host name that it asked for. */
export const originOf = (request: FastifyRequest): ClientOrigin => ({ address: request.ip, host: request.hostname })
