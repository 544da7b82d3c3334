import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStore } from '../../src/store/open-store.ts'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** A folder with a configuration that keeps the store busy from the start, and a database in which `table` is overwritten. */
async function damaged(t: TestContext, table: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'cordboard-damaged-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const lines = ['101', '102', '103'].map((number) => `{ number: "${number}", secret: s3cret-${number} }`)
  writeFileSync(
    join(folder, 'cordboard.yaml'),
    `http: { port: 0 }
sip: { listen: ["udp:127.0.0.1:0"] }
accounts: [ { name: acme, lines: [ ${lines.join(', ')} ] } ]
store: sqlite:./cordboard.db
demo: { phones: [ acme/101, acme/102, acme/103 ] }
`,
  )
  const file = join(folder, 'cordboard.db')
  const store = await openStore({ address: `sqlite:${file}`, baseDirectory: folder, node: 1, onBroken: assert.fail })
  await store.close()
  const database = new DatabaseSync(file)
  const root = database.prepare('select rootpage from sqlite_master where name = ?').get(table)?.['rootpage'] as number
  const size = database.prepare('pragma page_size').get()?.['page_size'] as number
  database.close()
  writeFileSync(file, readFileSync(file).fill('A', (root - 1) * size, root * size))
  return folder
}

for (const table of ['registrations', 'directory_entries', 'kysely_migration']) {
  test(`a database whose ${table} is damaged: one sentence, and an end`, { timeout: 20_000 }, async (t) => {
    const folder = await damaged(t, table)
    const server = spawn(
      process.execPath,
      [program, 'start', '--data', folder, '--config', `${folder}/cordboard.yaml`],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    t.after(() => server.kill('SIGKILL'))
    const exited = new Promise((resolve) => server.once('exit', resolve))
    const complaints = await text(server.stderr)
    assert.match(complaints, /^.*cordboard\.db cannot be read or written .*restore a backup if it is damaged\.\n$/)
    assert.equal(await exited, 1)
  })
}
