// Plain JavaScript for Node 20 and newer, with nothing installed: brings the dependencies, and where the installed Node is too old
// to run TypeScript directly, a private Node.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { withLock } from './lock.mjs'

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..')
const oldestUsableNode = 24
/**
 * The Nodes that may be brought for each platform, the newest first, the next for machines on which it does not run: npm's platform
 * packages of `node`, each with its hash when somebody tried it. `npm view NAME@VERSION dist.integrity` prints that of another one.
 */
const nodePackages = JSON.parse(readFileSync(new URL('node-packages.json', import.meta.url), 'utf8'))
const installYourself = `install Node ${oldestUsableNode} or newer yourself`

/** A failure that a person can mend, in a sentence that says how. */
export class SetUpError extends Error {}

const say = (line) => process.stderr.write(`${line}\n`)

/** Installs what package-lock.json names, once for each state of it. */
export async function ensureDependencies(root = projectRoot) {
  const stamp = join(root, 'node_modules', '.cordboard-stamp')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const isCurrent = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  if (isCurrent()) return
  await locked(root, 'dependencies', () => {
    if (isCurrent()) return
    say('Installing the dependencies (once) …')
    // Not `npm ci`: it refuses a lock file that leaves out the optional packages of other platforms. This one installs exactly what
    // the lock file says as well, and leaves it as it is.
    npm(root, ['install', '--no-save', '--ignore-scripts'], 'The dependencies could not be installed')
    // What was compiled of older ones is no use to anybody.
    rmSync(compileCache(root), { recursive: true, force: true })
    writeFileSync(stamp, wanted)
  })
}

/**
 * The path of a Node that can run the program: the one that runs this, or a private one, the newest of `packages` that runs here.
 */
export async function ensureNode(
  root = projectRoot,
  running = process.versions.node,
  packages = nodePackages[`${process.platform}-${process.arch}`],
) {
  if (Number.parseInt(running, 10) >= oldestUsableNode) return process.execPath
  if (packages === undefined) {
    throw new SetUpError(`No Node for ${process.platform} on ${process.arch} is known here; ${installYourself}.`)
  }
  const store = join(root, '.node')
  const present = findNode(store, packages)
  if (present !== undefined) return present
  let brought
  await locked(root, 'node', () => {
    brought = findNode(store, packages) ?? bringNode(store, packages, running)
  })
  return brought
}

const binaryIn = (store, { version }) => join(store, version, 'bin', 'node')

/** What the loader said of a Node that does not run here; with it stands that it need not be fetched again. */
const complaintFile = (store, { version }) => join(store, `${version}.does-not-run`)

function findNode(store, packages) {
  for (const candidate of packages) {
    if (existsSync(binaryIn(store, candidate))) return binaryIn(store, candidate)
    if (!existsSync(complaintFile(store, candidate))) return undefined
  }
  return undefined
}

function bringNode(store, packages, running) {
  const complaints = []
  for (const candidate of packages) {
    const file = complaintFile(store, candidate)
    if (existsSync(file)) {
      complaints.push(readFileSync(file, 'utf8'))
      continue
    }
    say(`This is Node ${running}; bringing Node ${candidate.version} into ${store} (once) …`)
    const complaint = fetchNode(store, candidate)
    if (complaint === undefined) return binaryIn(store, candidate)
    say(`${complaint}${complaint.endsWith('.') ? '' : '.'}`)
    writeFileSync(file, complaint)
    complaints.push(complaint)
  }
  throw new SetUpError(
    `No Node that could be brought runs here; ${installYourself}. ${complaints.join('. ')}. ` +
      `When that is mended, delete ${store} and try again.`,
  )
}

/** Undefined when it is there and runs; in words, why it does not run. */
function fetchNode(store, candidate) {
  const { name, version } = candidate
  const draft = join(store, 'draft')
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  // An outer project's settings are not this package's.
  writeFileSync(join(draft, 'package.json'), '{"private":true}')
  npm(
    draft,
    ['pack', '--ignore-scripts', `${name}@${version}`],
    `Node ${version} could not be fetched (package ${name}); you can also ${installYourself}`,
  )
  try {
    const fetched = unpack(draft, candidate)
    const complaint = tryToRun(join(fetched, 'bin', 'node'), candidate)
    if (complaint !== undefined) return complaint
    // Only a whole one ever has this name.
    rmSync(join(store, version), { recursive: true, force: true })
    renameSync(fetched, join(store, version))
    return undefined
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** The folder of the package; nothing in it is looked at before its hash is found to be the one that stands here. */
function unpack(draft, { name, version, integrity }) {
  const tarball = readdirSync(draft).find((file) => file.endsWith('.tgz'))
  if (tarball === undefined) throw new SetUpError(`npm brought no file of ${name}@${version}; ${installYourself}.`)
  const hash = `sha512-${createHash('sha512')
    .update(readFileSync(join(draft, tarball)))
    .digest('base64')}`
  if (hash !== integrity) {
    throw new SetUpError(
      `What npm brought as ${name}@${version} is not that package: its hash is ${hash} and should be ${integrity}. ` +
        `Nothing of it was run. See which registry npm uses (npm config get registry), or ${installYourself}.`,
    )
  }
  const { status, stderr, error } = spawnSync('tar', ['-xzf', tarball], { cwd: draft, encoding: 'utf8' })
  if (status !== 0) throw new SetUpError(`${name}@${version} could not be unpacked: ${error?.message ?? stderr.trim()}`)
  return join(draft, 'package')
}

/** Debian's packages of the libraries that Node's binaries ask for and that a small installation lacks. */
const libraryPackages = { 'libatomic.so.1': 'libatomic1', 'libstdc++.so.6': 'libstdc++6', 'libgcc_s.so.1': 'libgcc-s1' }

function tryToRun(binary, { version }) {
  const { status, stderr, error, signal } = spawnSync(binary, ['--version'], { encoding: 'utf8' })
  if (status === 0) return undefined
  const said = error?.message ?? (stderr.trim().split('\n').at(-1) || `it ended with ${signal ?? status}`)
  const words = said.startsWith(`${binary}: `) ? said.slice(binary.length + 2) : said
  const missing = Object.keys(libraryPackages).find((library) => words.includes(library))
  const advice =
    missing === undefined
      ? ''
      : `; Debian has it in the package ${libraryPackages[missing]} (apt install ${libraryPackages[missing]})`
  return `Node ${version} does not run here: ${words}${advice}`
}

// It would wait for minutes before it says that there is no network.
const npmManners = [
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
]

function npm(directory, args, failure) {
  const { error, status } = spawnSync('npm', [...args, ...npmManners], {
    cwd: directory,
    // Its results are for nobody; its complaints are for the person.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: withoutNpmSettings(process.env),
  })
  if (error !== undefined) throw new SetUpError(`${failure}: npm is not installed. Install it and try again.`)
  if (status === 0) return
  throw new SetUpError(
    `${failure}. npm's own words stand above; check the network (or its proxy settings) and try again.`,
  )
}

/** Started by `npm start`, this npm would take the outer one's folder and command for its own. */
const withoutNpmSettings = (environment) =>
  Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !/^npm_(config_(local_)?prefix|package_|lifecycle_|command)/.test(name),
    ),
  )

async function locked(root, name, work) {
  try {
    mkdirSync(join(root, '.node'), { recursive: true })
    await withLock(join(root, '.node', `${name}.lock`), work, () =>
      say('Another process sets this up; waiting for it …'),
    )
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM', 'ENOSPC'].includes(error.code)) throw error
    throw new SetUpError(`${root} must be writable to set Cordboard up (${error.code}); use a clone of your own.`)
  }
}

const compileCache = (root) => join(root, '.node', 'compile-cache')

/**
 * Runs the program: in this process if its Node will do, as a child in its place if not, with the same streams, signals and exit
 * code. Node keeps what it made of each file, for itself and for all whom it starts: to strip 400 files of their types takes longer
 * than most commands. Where it cannot write there, it does without.
 */
export async function run(node, args, root = projectRoot) {
  process.env.NODE_COMPILE_CACHE ??= compileCache(root)
  if (node === process.execPath) module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE)
  const [script = ''] = args
  if (node === process.execPath && !script.startsWith('-')) {
    process.argv = [node, resolve(script), ...args.slice(1)]
    await import(pathToFileURL(process.argv[1]).href)
    return
  }
  const path = [dirname(node), process.env.PATH ?? ''].join(delimiter)
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, PATH: path } })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  await new Promise((resolveRun, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.exitCode = code ?? 128 + constants.signals[signal]
      for (const name of signals) process.removeAllListeners(name)
      resolveRun()
    })
  })
}

/** What went wrong while setting up; the stack only where no person can mend it. */
export function fail(error) {
  say(error instanceof SetUpError ? error.message : (error.stack ?? String(error)))
  process.exitCode = 1
}
