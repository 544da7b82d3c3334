import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const setUp = JSON.stringify(new URL('../scripts/set-up.mjs', import.meta.url).href)
const lock = JSON.stringify(new URL('../scripts/lock.mjs', import.meta.url).href)
const patience = { timeout: 30_000, encoding: 'utf8' } as const

const temporaryFolder = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'cordboard-set-up-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A clone with nothing in it but a lock file, and an npm that does `script` and counts how often it was asked. */
function fakeClone(t: TestContext, script: string) {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'package-lock.json'), '{}')
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  const count = join(folder, 'count')
  writeFileSync(join(programs, 'npm'), `#!/bin/sh\necho "$@" >> ${count}\n${script}\n`, { mode: 0o755 })
  const env = { ...process.env, PATH: [programs, process.env['PATH']].join(delimiter) }
  const code = (body: string) => [
    '--input-type=module',
    '--eval',
    `import { ensureDependencies, ensureNode, fail, run } from ${setUp}
     const root = ${JSON.stringify(folder)}
     ${body}`,
  ]
  return {
    folder,
    asked: () => (existsSync(count) ? readFileSync(count, 'utf8').trim().split('\n') : []),
    run: (body: string) => spawnSync(process.execPath, code(body), { ...patience, env }),
    start: (body: string) => spawn(process.execPath, code(body), { env, stdio: 'ignore' }),
  }
}

/** What the platform's package of Node looks like once it is installed; its "Node" knows one answer. */
const installsNode = `for word; do case $word in node-*@*) name=\${word%@*};; esac; done
mkdir -p node_modules/$name/bin
printf '#!/bin/sh\\necho v26\\n' > node_modules/$name/bin/node
chmod +x node_modules/$name/bin/node`

test('a Node that is new enough is used as it is', (t) => {
  const clone = fakeClone(t, 'exit 1')
  const { stdout } = clone.run("console.log(await ensureNode(root, '24.0.0') === process.execPath)")
  assert.equal(stdout, 'true\n')
  assert.deepEqual(clone.asked(), [])
})

test('an older Node brings a private one, once, by a platform package and without install scripts', (t) => {
  const clone = fakeClone(t, installsNode)
  const bring = "console.log(await ensureNode(root, '20.19.0'))"
  const first = clone.run(bring)
  assert.match(first.stderr, /^This is Node 20\.19\.0; bringing Node 26\.[\d.]+ into .*\.node \(once\) …\n$/)
  const binary = first.stdout.trim()
  assert.ok(binary.startsWith(join(clone.folder, '.node', '26.')))
  assert.equal(spawnSync(binary, ['--version'], patience).stdout, 'v26\n')

  const second = clone.run(bring)
  assert.deepEqual([second.stdout.trim(), second.stderr], [binary, ''])
  const [asked, ...others] = clone.asked()
  assert.deepEqual(others, [])
  assert.match(asked ?? '', /^install --no-save --ignore-scripts .*node-.*@26\./)
})

test('a package whose Node does not run leaves nothing behind that looks like one', (t) => {
  const clone = fakeClone(t, `${installsNode}\nprintf '#!/bin/sh\\nexit 1\\n' > node_modules/$name/bin/node`)
  const { stderr, status } = clone.run("await ensureNode(root, '20.19.0').catch(fail)")
  assert.equal(status, 1)
  assert.match(stderr, /does not run here; install Node 26 yourself\.\n$/)
  assert.ok(!existsSync(join(clone.folder, '.node', '26.10.0')))
})

test('dependencies are installed once for each state of the lock file', (t) => {
  const clone = fakeClone(t, 'mkdir -p node_modules')
  const install = 'await ensureDependencies(root)'
  assert.match(clone.run(install).stderr, /^Installing the dependencies \(once\) …\n$/)
  assert.equal(clone.run(install).stderr, '')
  writeFileSync(join(clone.folder, 'package-lock.json'), '{"changed":true}')
  clone.run(install)
  assert.equal(clone.asked().length, 2)
})

test('without a network: npm says why, and one sentence says what to do', (t) => {
  const clone = fakeClone(t, 'echo "npm error code ECONNREFUSED" >&2; exit 1')
  const { stderr, status } = clone.run('await ensureDependencies(root).catch(fail)')
  assert.equal(status, 1)
  assert.match(stderr, /npm error code ECONNREFUSED\n.*could not be installed\. .*check the network/)
  assert.doesNotMatch(stderr, /\n {4}at /)
  assert.ok(!existsSync(join(clone.folder, '.node', 'dependencies.lock')), 'the lock is given back')
})

test('two starts at once install once', async (t) => {
  const clone = fakeClone(t, 'sleep 0.5; mkdir -p node_modules')
  const starts = [0, 1, 2].map(() => clone.start('await ensureDependencies(root)'))
  const codes = await Promise.all(starts.map(async (start) => (await once(start, 'exit'))[0]))
  assert.deepEqual(codes, [0, 0, 0])
  assert.equal(clone.asked().length, 1)
})

test('the lock of a holder that died is taken over, by one at a time', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'lock')
  const dead = spawnSync(process.execPath, ['--eval', 'console.log(process.pid)'], patience)
  writeFileSync(file, dead.stdout.trim())
  const body = `import { withLock } from ${lock}
    import { mkdirSync, rmdirSync } from 'node:fs'
    const inside = ${JSON.stringify(join(folder, 'inside'))}
    await withLock(${JSON.stringify(file)}, async () => {
      mkdirSync(inside)
      await new Promise((resolve) => setTimeout(resolve, 150))
      rmdirSync(inside)
    })`
  const starts = [0, 1, 2].map(() =>
    spawn(process.execPath, ['--input-type=module', '--eval', body], { stdio: 'ignore' }),
  )
  const codes = await Promise.all(starts.map(async (start) => (await once(start, 'exit'))[0]))
  assert.deepEqual(codes, [0, 0, 0])
  assert.ok(!existsSync(file))
})

test('a program run by another Node gets arguments, input and signals, and its exit code is handed on', async (t) => {
  const clone = fakeClone(t, 'exit 1')
  // Not the path of this process's Node, so that a child is started.
  const other = join(clone.folder, 'programs', 'node')
  symlinkSync(process.execPath, other)
  const program = join(clone.folder, 'program.mjs')
  writeFileSync(
    program,
    `process.on('SIGTERM', () => { console.log('told to stop'); process.exit(42) })
     process.stdin.once('data', (data) => console.log(process.argv[2], String(data)))`,
  )
  const body = `import { fail, run } from ${setUp}
    await run(${JSON.stringify(other)}, [${JSON.stringify(program)}, 'an argument'])`
  const start = spawn(process.execPath, ['--input-type=module', '--eval', body], { stdio: ['pipe', 'pipe', 'inherit'] })
  start.stdout.setEncoding('utf8')
  start.stdin.write('input')
  assert.equal((await once(start.stdout, 'data'))[0], 'an argument input\n')
  start.kill('SIGTERM')
  assert.equal((await once(start.stdout, 'data'))[0], 'told to stop\n')
  assert.equal((await once(start, 'exit'))[0], 42)
})

test('bin/cordboard works through a symbolic link and from any folder', (t) => {
  const folder = temporaryFolder(t)
  symlinkSync(join(root, 'bin', 'cordboard'), join(folder, 'cordboard'))
  writeFileSync(join(folder, 'my.yaml'), 'accounts: []\n')
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) }
  const check = spawnSync(join(folder, 'cordboard'), ['check', 'my.yaml'], { ...patience, cwd: folder, env })
  assert.deepEqual([check.stdout, check.status], ['my.yaml is sound: 0 accounts, 0 lines, 0 trunks.\n', 0])
  const faulty = spawnSync(join(folder, 'cordboard'), ['check', 'none.yaml'], { ...patience, cwd: folder, env })
  assert.equal(faulty.status, 1)
})
