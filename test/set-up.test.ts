import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import nodePackages from '../scripts/node-packages.json' with { type: 'json' }

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
    run: (body: string, more: NodeJS.ProcessEnv = {}) =>
      spawnSync(process.execPath, code(body), { ...patience, env: { ...env, ...more } }),
    start: (body: string) => spawn(process.execPath, code(body), { env, stdio: 'ignore' }),
  }
}

test('a Node that is new enough is used as it is', (t) => {
  const clone = fakeClone(t, 'exit 1')
  const { stdout } = clone.run("console.log(await ensureNode(root, '24.0.0') === process.execPath)")
  assert.equal(stdout, 'true\n')
  assert.deepEqual(clone.asked(), [])
})

interface FakeNode {
  readonly version: string
  /** What its program does: a shell script. */
  readonly program: string
  readonly interpreter?: string
  /** The hash that stands in the repository; that of the package if absent. */
  readonly integrity?: string
}

const runs = (version: string): FakeNode => ({ version, program: `echo v${version}` })
const loaderWords =
  'error while loading shared libraries: libatomic.so.1: cannot open shared object file: No such file or directory'
const lacksLibrary = (version: string): FakeNode => ({ version, program: `echo "$0: ${loaderWords}" >&2; exit 127` })

/** A clone whose npm brings these packages of Node, and what `ensureNode` says to them. */
function cloneWithNodes(t: TestContext, nodes: readonly FakeNode[]) {
  const clone = fakeClone(
    t,
    '[ "$1" = pack ] && for word; do case $word in *@*) cp "$TARBALLS/$word.tgz" .;; esac; done',
  )
  const tarballs = join(clone.folder, 'tarballs')
  const packages = nodes.map(({ version, program, interpreter = '/bin/sh', integrity }) => {
    const folder = join(tarballs, version)
    mkdirSync(join(folder, 'package', 'bin'), { recursive: true })
    writeFileSync(join(folder, 'package', 'bin', 'node'), `#!${interpreter}\n${program}\n`, { mode: 0o755 })
    const file = join(tarballs, `node-fake@${version}.tgz`)
    assert.equal(spawnSync('tar', ['-czf', file, '-C', folder, 'package'], patience).status, 0)
    const hash = createHash('sha512').update(readFileSync(file)).digest('base64')
    return { name: 'node-fake', version, integrity: integrity ?? `sha512-${hash}` }
  })
  const bring = () =>
    clone.run(`console.log(await ensureNode(root, '20.19.0', ${JSON.stringify(packages)}).catch(fail) ?? 'none')`, {
      TARBALLS: tarballs,
    })
  return { ...clone, bring, home: join(clone.folder, '.node') }
}

test('an older Node brings a private one, once, by a platform package and without install scripts', (t) => {
  const clone = cloneWithNodes(t, [runs('26.10.0'), runs('24.21.0')])
  const first = clone.bring()
  assert.match(first.stderr, /^This is Node 20\.19\.0; bringing Node 26\.10\.0 into .*\.node \(once\) …\n$/)
  const binary = first.stdout.trim()
  assert.equal(binary, join(clone.home, '26.10.0', 'bin', 'node'))
  assert.equal(spawnSync(binary, ['--version'], patience).stdout, 'v26.10.0\n')

  const second = clone.bring()
  assert.deepEqual([second.stdout.trim(), second.stderr], [binary, ''])
  const [asked, ...others] = clone.asked()
  assert.deepEqual(others, [])
  assert.match(asked ?? '', /^pack --ignore-scripts node-fake@26\.10\.0 /)
  assert.deepEqual(readdirSync(clone.home), ['26.10.0'], 'no draft and no lock is left')
})

test('where the newest does not run, the next one is brought, with what the loader said and what helps', (t) => {
  const clone = cloneWithNodes(t, [lacksLibrary('26.10.0'), runs('24.21.0')])
  const { stdout, stderr } = clone.bring()
  assert.equal(stdout.trim(), join(clone.home, '24.21.0', 'bin', 'node'))
  const [, complaint, next] = stderr.split('\n')
  const advice = 'Debian has it in the package libatomic1 (apt install libatomic1)'
  assert.equal(complaint, `Node 26.10.0 does not run here: ${loaderWords}; ${advice}.`)
  assert.match(next ?? '', /^This is Node 20\.19\.0; bringing Node 24\.21\.0 /)
  assert.ok(!existsSync(join(clone.home, '26.10.0')), 'nothing is left that looks like a Node')

  // A download of 50 MB at each start would be no fallback.
  const second = clone.bring()
  assert.deepEqual([second.stdout, second.stderr], [stdout, ''])
  assert.equal(clone.asked().length, 2)
})

test('where none runs, everything that was said stands in one error', (t) => {
  const broken = { version: '24.21.0', program: 'kill -9 $$' }
  const clone = cloneWithNodes(t, [lacksLibrary('26.10.0'), broken])
  for (const time of ['the first time', 'and ever after']) {
    const { stdout, stderr, status } = clone.bring()
    assert.deepEqual([stdout, status], ['none\n', 1], time)
    const last = stderr.trim().split('\n').at(-1) ?? ''
    assert.match(last, /^No Node that could be brought runs here; install Node 24 or newer yourself\. /)
    assert.match(
      last,
      /26\.10\.0 does not run here: error while loading .*libatomic1\)\. Node 24\.21\.0 does .* SIGKILL\. /,
    )
    assert.match(last, /delete .*\.node and try again\.$/)
  }
  assert.equal(clone.asked().length, 2)
})

test('a Node whose loader is missing altogether is one that does not run', (t) => {
  // As on a system with another C library: the file is there, and its interpreter is not.
  const foreign = { ...runs('26.10.0'), interpreter: '/no/such/loader' }
  const clone = cloneWithNodes(t, [foreign, runs('24.21.0')])
  const { stdout, stderr } = clone.bring()
  assert.equal(stdout.trim(), join(clone.home, '24.21.0', 'bin', 'node'))
  assert.match(stderr, /Node 26\.10\.0 does not run here: .*ENOENT\.\n/)
})

test('a package with another hash than the one that stands here is not run, and no other is tried', (t) => {
  const ran = join(temporaryFolder(t), 'ran')
  const wanted = `sha512-${createHash('sha512').update('the true one').digest('base64')}`
  const forged = { version: '26.10.0', program: `touch ${ran}; echo v26`, integrity: wanted }
  const clone = cloneWithNodes(t, [forged, runs('24.21.0')])
  const { stdout, stderr, status } = clone.bring()
  assert.deepEqual([stdout, status], ['none\n', 1])
  assert.match(
    stderr,
    /What npm brought as node-fake@26\.10\.0 is not that package: its hash is sha512-\S+ and should be /,
  )
  assert.ok(stderr.includes(wanted))
  assert.match(stderr, /Nothing of it was run\..*npm config get registry/)
  assert.deepEqual([existsSync(ran), clone.asked().length, readdirSync(clone.home)], [false, 1, []])
})

test('a platform for which no Node is known is told so', (t) => {
  const clone = fakeClone(t, 'exit 1')
  // This platform has one, whose name the error says when npm fails.
  const { stderr } = clone.run("await ensureNode(root, '20.19.0').catch(fail)")
  assert.match(stderr, /Node 26\.[\d.]+ could not be fetched \(package node-[a-z0-9-]+\)/)
  const unknown = clone.run(
    "Object.defineProperty(process, 'arch', { value: 'mips' }); await ensureNode(root, '20.19.0').catch(fail)",
  )
  assert.match(unknown.stderr, /^No Node for \w+ on mips is known here; install Node 24 or newer yourself\.\n$/)
})

test('every Node that may be brought has its hash, and the newest stands first', () => {
  for (const [platform, packages] of Object.entries(nodePackages)) {
    const versions = packages.map(({ version }) => version.split('.').map(Number) as [number, number, number])
    for (const { name, integrity } of packages) {
      assert.match(name, /^node-[a-z0-9-]+$/, platform)
      assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, `${platform} ${name}`)
    }
    assert.deepEqual(
      versions,
      versions.toSorted((left, right) => right[0] - left[0]),
      platform,
    )
    assert.ok(
      versions.every(([major]) => major >= 24),
      platform,
    )
  }
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

test('what Node made of the files is kept for the next start, and goes when dependencies come', (t) => {
  const clone = fakeClone(t, 'mkdir -p node_modules')
  const kept = join(clone.folder, '.node', 'compile-cache')
  const program = join(clone.folder, 'program.ts')
  writeFileSync(program, "const kept: string = process.env['NODE_COMPILE_CACHE'] ?? ''\nconsole.log(kept)")
  const start = (cache: string | undefined) =>
    clone.run(`await run(process.execPath, [${JSON.stringify(program)}], root)`, { NODE_COMPILE_CACHE: cache })
  assert.equal(start(undefined).stdout, `${kept}\n`)
  const [version = ''] = readdirSync(kept)
  assert.ok(readdirSync(join(kept, version)).length > 0)
  // Whoever has a place for it already keeps that.
  const other = join(clone.folder, 'other')
  assert.equal(start(other).stdout, `${other}\n`)
  clone.run('await ensureDependencies(root)')
  assert.equal(existsSync(kept), false)
})

test('where nothing can be kept, the program runs all the same', (t) => {
  const clone = fakeClone(t, 'exit 1')
  // A file in the way, which stops even root.
  writeFileSync(join(clone.folder, '.node'), '')
  const program = join(clone.folder, 'program.ts')
  writeFileSync(program, "const text: string = 'runs'\nconsole.log(text)")
  const { stdout, stderr } = clone.run(`await run(process.execPath, [${JSON.stringify(program)}], root)`, {
    NODE_COMPILE_CACHE: undefined,
  })
  assert.deepEqual([stdout, stderr], ['runs\n', ''])
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
