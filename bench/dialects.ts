import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cpuSeconds } from './cpu-seconds.ts'
import { middle } from './middle.ts'

/** Requests up to the acceptance of their call, per second of the server's processor time, all threads. */
export interface DialectsFigures {
  readonly nativePerCpuSecond: number
  readonly myapiPerCpuSecond: number
  readonly enswitchPerCpuSecond: number
  readonly while1PerCpuSecond: number
  readonly while1BearerPerCpuSecond: number
  readonly spectronicsPerCpuSecond: number
  /** How much more the dearest of them costs than native. */
  readonly dearestOverNative: number
}

const rounds = 5
const warmUpSeconds = 3
const roundSeconds = 2
const underWay = 32

interface Asked {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What an accepted call is answered with. */
  readonly accepted: RegExp
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const bearer = { authorization: 'Bearer demo-key-acme-0001' }

/** A client of each API asks for the same call, the n-th of its kind. */
const clients: Readonly<Record<string, (n: number) => Asked>> = {
  native: () => ({
    path: '/v1/calls',
    headers: { ...bearer, 'content-type': 'application/json' },
    body: JSON.stringify({ first: { line: '101' }, second: { dial: '0412345678' } }),
    accepted: /"state":"accepted"/,
  }),
  myapi: () => ({
    path: '/calls/initiate',
    headers: form,
    body: 'key=demo-key-acme-0001&origin=101&destination=0412345678',
    accepted: /"queued"/,
  }),
  enswitch: () => ({
    path: '/api/json/calls/make/',
    headers: form,
    body: 'auth_username=alice%40acme&auth_password=demo-pass-0001&stype=phone&snumber=101&cnumber=0412345678',
    accepted: /"code":"204"/,
  }),
  while1(n) {
    const signed = `api_username=alice%40acme&api_password=demo-pass-0001&${callOfWhile1(n)}`
    const hash = createHash('md5').update(`${signed}demo-key-acme-0001`).digest('hex')
    const body = `${signed}&api_hash=${hash}`
    return { path: '/api/originate-call', headers: form, body, accepted: /"has_error":false/ }
  },
  while1Bearer: (n) => ({
    path: '/api/originate-call',
    headers: { ...form, ...bearer },
    body: callOfWhile1(n),
    accepted: /"has_error":false/,
  }),
  spectronics: () => ({
    path: '/api/0.9.3/call',
    headers: form,
    body: 'auth=demo-token-0001&extension=1234101&destination=0412345678',
    accepted: /^OK:/,
  }),
}

const callOfWhile1 = (n: number): string =>
  Object.entries({
    ...{ project_id: '1', caller_id: '0412345678', caller_id_name: 'John', type: 'extension', destination: '101' },
    ...{ external_id: `call-${process.pid}-${n}`, async: '1' },
  })
    .map(([name, value]) => `data%5B${name}%5D=${value}`)
    .join('&')

/** The dialects in turns, so that what the machine does beside it is the same for all. */
export async function benchDialects(): Promise<DialectsFigures> {
  const server = await startServer()
  try {
    const measured = new Map<string, number[]>()
    for (const name of Object.keys(clients)) await measure(name, server, warmUpSeconds)
    for (let round = 0; round < rounds; round++) {
      for (const name of Object.keys(clients)) {
        const perCpuSecond = await measure(name, server, roundSeconds)
        measured.set(name, [...(measured.get(name) ?? []), perCpuSecond])
      }
    }
    const figures = [...measured].map(([name, values]) => [`${name}PerCpuSecond`, middle(values)] as const)
    const least = Math.min(...figures.map(([, value]) => value))
    const native = middle(measured.get('native') ?? [])
    return { ...Object.fromEntries(figures), dearestOverNative: native / least } as unknown as DialectsFigures
  } finally {
    await server.stop()
  }
}

interface Server {
  readonly port: number
  cpuSeconds(): number
  stop(): Promise<void>
}

async function startServer(): Promise<Server> {
  const program = fileURLToPath(new URL('./accepting-server.ts', import.meta.url))
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    port: Number(port),
    cpuSeconds: () => cpuSeconds(child.pid),
    async stop() {
      const exited = once(child, 'exit')
      child.stdin.end()
      await exited
    },
  }
}

let asked = 0

async function measure(name: string, server: Server, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: underWay })
  const until = performance.now() + seconds * 1000
  const before = { cpu: server.cpuSeconds(), asked }
  const askInTurn = async (): Promise<void> => {
    while (performance.now() < until) await ask(clients[name]?.(asked++) as Asked, server.port, agent)
  }
  await Promise.all(Array.from({ length: underWay }, askInTurn))
  const perCpuSecond = (asked - before.asked) / (server.cpuSeconds() - before.cpu)
  agent.destroy()
  await sleep(100)
  return perCpuSecond
}

function ask({ path, headers, body, accepted }: Asked, port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', host: '127.0.0.1', port, path, agent, headers }
    const sent = request({ ...options, headers: { ...headers, 'content-length': body.length } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (accepted.test(text)) resolve()
        else reject(new Error(`${path} answered ${response.statusCode}: ${text}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
