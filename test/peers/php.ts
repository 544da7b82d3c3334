import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { requirePeer } from '../support/peers.ts'

/** PHP with its curl extension; where one is missing the test is skipped for all to see, and fails in CI. */
export function requirePhpCurl(t: TestContext): string | undefined {
  const php = requirePeer(t, 'php')
  if (php === undefined) return undefined
  if (spawnSync(php, ['-r', 'exit(extension_loaded("curl") ? 0 : 1);'], { timeout: 10_000 }).status === 0) return php
  const message = "PHP's curl extension is not installed (Debian package php-curl)"
  if (process.env['CI'] === 'true') throw new Error(message)
  t.skip(message)
  return undefined
}
