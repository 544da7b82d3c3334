import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** The Node that runs Cordboard where the installed one cannot strip types from TypeScript. */
const nodeVersion = '26.10.0'
const oldestUsableNode = 24
const lockPatience = 5 * 60_000

class SetUpError extends Error {}

/** What package-lock.json names, once for each state of it. `npm ci` refuses where a registry lacks another platform's package. */
export async function ensureDependencies() {
  const stamp = join(root, 'node_modules', '.cordboard-stamp')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const upToDate = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  if (upToDate()) return
  await withLock('dependencies', () => {
    if (upToDate()) return
    say('Installing the dependencies (once; this may take a minute) …')
    npm(root, ['install', '--no-save', '--ignore-scripts'], 'The dependencies could not be installed')
    writeFileSync(stamp, wanted)
  })
}

/** The path of a Node that can run the program. */
export async function ensureNode() {
  if (Number(process.versions.node.split('.')[0]) >= oldestUsableNode) return process.execPath
  const home = join(root, '.node', nodeVersion)
  const binary = join(home, 'bin', 'node')
  if (existsSync(binary)) return binary
  await withLock('node', () => {
    if (existsSync(binary)) return
    say(`This is Node ${process.versions.node}; bringing Node ${nodeVersion} into ${join(root, '.node')} (once) …`)
    const draft = join(root, '.node', `draft-${process.pid}`)
    rmSync(draft, { recursive: true, force: true })
    mkdirSync(draft, { recursive: true })
    writeFileSync(join(draft, 'package.json'), '{"private":true}')
    // The package "node" only chooses one of these by an install script, which newer npm versions do not run unasked.
    const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
    npm(
      draft,
      ['install', '--no-save', '--ignore-scripts', `${name}@${nodeVersion}`],
      `Node ${nodeVersion} could not be fetched`,
    )
    const fetched = join(draft, 'node_modules', name)
    if (!existsSync(join(fetched, 'bin', 'node')))
      throw new SetUpError(`The package ${name} holds no Node; install Node 26 yourself.`)
    rmSync(home, { recursive: true, force: true })
    renameSync(fetched, home)
    rmSync(draft, { recursive: true, force: true })
  })
  return binary
}

/** Runs the program in this process's place: same arguments, streams, signals and exit code. */
export function run(node, args, options = {}) {
  const nodeDirectory = dirname(node)
  const env = { ...process.env, PATH: `${nodeDirectory}:${process.env.PATH ?? ''}` }
  const child = spawn(node, args, { stdio: 'inherit', env, ...options })
  const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
  for (const signal of forwarded) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal]
      for (const name of forwarded) process.removeAllListeners(name)
      resolve()
    })
  })
}

export function fail(error) {
  process.stderr.write(`${error instanceof SetUpError ? error.message : (error.stack ?? error)}\n`)
  process.exitCode = 1
}

function npm(directory, args, failure) {
  const result = spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (result.error !== undefined) throw new SetUpError(`${failure}: npm is not installed. Install it and try again.`)
  if (result.status !== 0)
    throw new SetUpError(`${failure}; npm's own words stand above. Check the network and try again.`)
}

/** A directory is the lock: two starts at once must not install into each other. */
async function withLock(name, work) {
  mkdirSync(join(root, '.node'), { recursive: true })
  const lock = join(root, '.node', `${name}.lock`)
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw new SetUpError(`Cannot write to ${root}: ${error.message}`)
      waitForLock(lock)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  try {
    await work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function waitForLock(lock) {
  try {
    if (Date.now() - statSync(lock).mtimeMs > lockPatience) rmSync(lock, { recursive: true, force: true })
  } catch {
    // It has just been given back.
  }
}

const say = (line) => process.stderr.write(`${line}\n`)
