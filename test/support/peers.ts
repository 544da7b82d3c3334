import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'

/** Whether a program of Debian's is there. Without it the test is skipped where people can see it; in CI it fails. */
export function requirePeer(t: TestContext, program: string): boolean {
  if (spawnSync('which', [program], { stdio: 'ignore' }).status === 0) return true
  if (process.env['CI'] === 'true') throw new Error(`${program} is not installed; .ci/run installs it`)
  t.skip(`${program} is not installed (.ci/run installs it)`)
  return false
}
