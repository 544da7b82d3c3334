import { parentPort } from 'node:worker_threads'
import fastify from 'fastify'

/** The least that a JSON API can do: read a request, and answer. */
const app = fastify()
app.post('/v1/calls', async (_request, reply) => reply.status(201).send({ id: 'call' }))
const url = await app.listen({ host: '127.0.0.1', port: 0 })
parentPort?.postMessage(Number(new URL(url).port))
