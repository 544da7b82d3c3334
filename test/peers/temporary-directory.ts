import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const directories: string[] = []

/** A directory that is gone with the process: what a peer has recorded is read until then. */
export function temporaryDirectory(prefix: string): string {
  if (directories.length === 0) process.once('exit', removeAll)
  const directory = mkdtempSync(join(tmpdir(), prefix))
  directories.push(directory)
  return directory
}

function removeAll(): void {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
}
