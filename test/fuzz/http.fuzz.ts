import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createHttpFront, type HttpFront } from '../support/http-front.ts'
import { createSeededRandom } from '../support/seeded-random.ts'
import { type FuzzRequest, mutateRequest, octetsOfRequest } from './http-mutation.ts'

export interface FuzzResult {
  readonly runs: number
  readonly seconds: number
  /** Octets of heap after the runs less those after a tenth of them, collected both times. */
  readonly growth: number
  readonly statuses: Readonly<Record<string, number>>
}

/** One in so many requests goes over a real socket, past Node's HTTP parser; the rest is injected behind it. */
const socketEvery = 50
const answerMilliseconds = 5_000
const concurrency = 8

/**
 * Sends mutated requests. Fails on an answer of 5xx, on an answer that is not in its dialect's shape, on none at all, and on
 * anything thrown outside a request; the message holds the seed and the request.
 */
export async function fuzzHttp(runs: number, seed: number): Promise<FuzzResult> {
  const front = await createHttpFront({ keepLog: false })
  front.calls.kept = 100
  await front.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = front.app.server.address() as { port: number }
  const random = createSeededRandom(seed)
  const statuses: Record<string, number> = {}
  const began = performance.now()
  let baseline = 0
  let next = 0
  const worker = async () => {
    while (next < runs) {
      const run = next++
      if (run === Math.floor(runs / 10)) baseline = collectedHeap()
      const request = mutateRequest(random)
      // What injection cannot carry (it reads the URL itself), a socket can.
      const byWire = run % socketEvery === 0 || !URL.canParse(request.url, 'http://fuzz')
      const answer = byWire ? sendOctets(port, request) : inject(front, request)
      const status = await inTime(answer, () => `seed ${seed}, run ${run}: ${JSON.stringify(request)}`)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, worker))
    const growth = collectedHeap() - baseline
    assert.equal(front.calls.listenerCount, 0, 'a listener was left behind')
    return { runs, seconds: (performance.now() - began) / 1000, growth, statuses }
  } finally {
    await front.app.close()
  }
}

async function inject(front: HttpFront, request: FuzzRequest): Promise<string> {
  const headers = Object.fromEntries(request.headers)
  const method = request.method as 'GET'
  const payload = Buffer.from(request.body, 'latin1')
  const answer = await front.app.inject({ method, url: request.url, headers, payload })
  const { statusCode, body } = answer
  assert.ok(statusCode < 500, `${statusCode} ${body}`)
  if (request.method !== 'HEAD' && statusCode >= 400) checkShape(String(answer.headers['content-type']), body)
  if (body.startsWith('{"responses"')) checkEnvelope(body)
  if (answer.headers['content-type'] === 'text/plain' && body !== '') assert.match(body, /^(OK|ERR):[A-Z][a-z ]+$/)
  return String(statusCode)
}

/** An error is either the vendor's or a problem (RFC 9457), whatever went wrong. */
function checkShape(contentType: string, body: string): void {
  const answer = JSON.parse(body) as { status: number; error?: string; type?: string; has_error?: boolean }
  if (contentType === 'application/json') {
    assert.ok(answer.has_error === true || (answer.status === 0 && answer.error !== undefined), body)
  } else assert.ok(contentType.startsWith('application/problem+json') && answer.type?.startsWith('/problems/'), body)
}

/** The dialect that answers HTTP 200 to everything has its verdict inside. */
function checkEnvelope(body: string): void {
  const { responses } = JSON.parse(body) as { responses: { code: string; key: string; message: string }[] }
  assert.ok(responses.length > 0, body)
  for (const { code, key, message } of responses) {
    assert.match(code, /^[24]\d\d$/, body)
    assert.deepEqual([typeof key, typeof message], ['string', 'string'], body)
  }
}

function sendOctets(port: number, request: FuzzRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(octetsOfRequest(request)))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    // The server may close on what cannot be read while it is still being written.
    socket.on('error', () => {})
    socket.on('close', () => {
      const status = /^HTTP\/1\.1 (\d\d\d)/.exec(received)?.[1] ?? 'closed'
      if (status.startsWith('5')) reject(new Error(received))
      else resolve(status)
    })
  })
}

async function inTime<Value>(answer: Promise<Value>, describe: () => string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${answerMilliseconds} ms`)), answerMilliseconds)
  })
  try {
    return await Promise.race([answer, late])
  } catch (cause) {
    throw new Error(describe(), { cause })
  } finally {
    clearTimeout(timer)
  }
}

function collectedHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: String(Date.now()) } },
  })
  const result = await fuzzHttp(Number(values.runs), Number(values.seed))
  console.log(
    JSON.stringify({ seed: Number(values.seed), ...result, perSecond: Math.round(result.runs / result.seconds) }),
  )
}
