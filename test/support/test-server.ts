import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startServer } from '../../src/main.ts'
import { claimPortRange } from './claim-ports.ts'

export const testKey = 'demo-key-acme-0001'
export const operatorKey = 'demo-key-operator-0001'

/** A whole server on free ports with lines 101 to 103, or as `text` says, stopped when the test ends. */
export async function startTestServer(
  t: { after(cleanUp: () => Promise<void>): void },
  more = '',
  text = configText,
): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), 'cordboard-'))
  const configFile = join(directory, 'cordboard.yaml')
  writeFileSync(configFile, `${text}\n${more}`)
  const server = await startServer({ configFile, dataDirectory: directory })
  t.after(async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  return server
}

const mediaPorts = await claimPortRange(800)

/** The configuration of a test server; `more` is added to it. */
export const configText = `
http: { port: 0 }
sip: { listen: ["udp:127.0.0.1:0", "tcp:127.0.0.1:0"] }
media: { ports: ${mediaPorts} }
store: sqlite:cordboard.db
log: { level: error }
accounts:
  - name: acme
    country: AU
    lines:
      - { number: "101", fullNumber: "1234101", secret: s3cret-101, name: Alice }
      - { number: "102", fullNumber: "1234102", secret: s3cret-102, name: Bob }
      - { number: "103", fullNumber: "1234103", secret: s3cret-103, name: Carol }
    apiKeys:
      - { name: crm, key: ${testKey}, permissions: [calls:place, calls:read, calls:control, directory:read] }
      - { name: operator, key: ${operatorKey}, permissions: [directory:write] }
      - { name: reader, key: demo-key-reader-1, permissions: [calls:read] }
`

export const sipPort = (server: RunningServer): number =>
  server.sip.find(({ protocol }) => protocol === 'udp')?.port ?? 0

export async function api(server: { readonly url: string }, method: string, path: string, body?: unknown) {
  const response = await fetch(new URL(path, server.url), {
    method,
    headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  return { status: response.status, headers: response.headers, body: (await response.json()) as any }
}
