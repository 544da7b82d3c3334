import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'

/** Real programs that the journeys talk to, each with the Debian package that `.ci/run` installs it from. */
export const peerPackages = {
  baresip: 'baresip-core',
  sipp: 'sip-tester',
  tshark: 'tshark',
  linphonec: 'linphone-cli',
  sox: 'sox',
  php: 'php-cli',
  curl: 'curl',
  openssl: 'openssl',
} as const

export type Peer = keyof typeof peerPackages

/**
 * The path of a peer. Where it is missing the test is skipped for all to see, and the answer is undefined; in CI, where nothing may
 * be skipped, the test fails.
 */
export function requirePeer(t: TestContext, peer: Peer): string | undefined {
  const path = findProgram(peer)
  if (path !== undefined) return path
  const message = `${peer} is not installed (Debian package ${peerPackages[peer]})`
  if (process.env['CI'] === 'true') throw new Error(message)
  t.skip(message)
  return undefined
}

/** For a whole suite that needs a peer: why it is skipped, or false. In CI it is not, and fails. */
export const skipWithout = (peer: Peer): string | false =>
  findProgram(peer) !== undefined || process.env['CI'] === 'true'
    ? false
    : `${peer} is not installed (Debian package ${peerPackages[peer]})`

function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
