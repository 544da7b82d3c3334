import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

const pollMilliseconds = 200
const settleMilliseconds = 100

/** Runs `work` while no other process holds the same lock file; a holder that died without giving it back is succeeded. */
export async function withLock(file, work, onWait = () => {}) {
  await take(file, onWait)
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

async function take(file, onWait) {
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (!isHeld(file) && (await succeed(file))) return
    if (!waited) onWait()
    await pause(pollMilliseconds)
  }
}

/** Several may want to succeed a dead holder: the last to write its name has the lock, and each looks whose name stands. */
async function succeed(file) {
  const own = `${file}.${process.pid}`
  writeFileSync(own, String(process.pid))
  renameSync(own, file)
  await pause(settleMilliseconds)
  return readHolder(file) === process.pid
}

function isHeld(file) {
  const holder = readHolder(file)
  // Given back, or not written yet.
  if (holder === undefined) return true
  try {
    process.kill(holder, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function readHolder(file) {
  try {
    const text = readFileSync(file, 'utf8')
    return text === '' ? undefined : Number(text)
  } catch {
    return undefined
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
