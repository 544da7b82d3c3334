import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { runCli } from '../../src/cli/run-cli.ts'
import { type FakeRoutes, startFakeNativeServer } from './fake-native-server.ts'

/** What a command line printed and ended with. */
export interface Run {
  readonly exitCode: number
  readonly out: readonly string[]
  readonly complaints: string
}

/** Runs a command line as the program would, with its streams caught. */
export async function run(
  args: readonly string[],
  {
    environment = {},
    colour = false,
    interrupted = new AbortController().signal,
  }: {
    readonly environment?: Readonly<Record<string, string>>
    readonly colour?: boolean
    readonly interrupted?: AbortSignal
  } = {},
): Promise<Run> {
  const out: string[] = []
  const complaints: string[] = []
  const terminal = {
    print: (line: string) => void out.push(line),
    complain: (line: string) => void complaints.push(line),
    environment,
    colour,
    interrupted,
  }
  return { exitCode: await runCli(args, terminal), out, complaints: complaints.join('\n') }
}

/** A fake server, and a way to run command lines against it. */
export async function serve(t: TestContext, routes: FakeRoutes) {
  const server = await startFakeNativeServer(t, routes)
  const environment = { CORDBOARD_URL: server.url, CORDBOARD_KEY: 'a-key-of-the-test' }
  return { server, ask: (...args: string[]) => run(args, { environment }) }
}

/** An empty folder for the test alone. */
export const folder = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'cordboard-cli-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

/** A configuration for a server at `url`: one key that reads calls, one that reads and writes the directory. */
export const writeConfig = (t: TestContext, url: string): string => {
  const file = join(folder(t), 'cordboard.yaml')
  const { hostname, port } = new URL(url)
  const keys = `{ name: reader, key: key-of-reader, permissions: [calls:read] },
      { name: writer, key: key-of-writer, permissions: [directory:write, directory:read] }`
  writeFileSync(
    file,
    `http: { host: ${hostname}, port: ${port} }\naccounts:\n  - name: acme\n    apiKeys: [\n      ${keys} ]\n`,
  )
  return file
}
