import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { skipWithout } from '../../test/support/peers.ts'
import { makeCertificate } from '../../test/support/test-certificate.ts'
import { describeTlsFailure } from './describe-tls-failure.ts'
import { CliError, exitCodes } from './exit-code.ts'
import { NativeClient } from './native-client.ts'

/** What the command line says of a server that listens, but is not reached. */
async function complaintAbout(listener: Server): Promise<string> {
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const server = `https://127.0.0.1:${(listener.address() as AddressInfo).port}/`
  try {
    await new NativeClient({ server, key: 'k', keySource: '--key' }, new AbortController().signal).request('/v1/phones')
  } catch (error) {
    assert.ok(error instanceof CliError)
    assert.equal(error.exitCode, exitCodes.unreachable)
    return error.message.replace(server, 'URL')
  } finally {
    listener.close()
  }
  return 'nothing'
}

describe('a connection by TLS that comes to nothing', () => {
  it('says that plain HTTP is spoken there', async () => {
    assert.equal(
      await complaintAbout(createServer()),
      'No secure connection to URL: what listens there does not speak TLS; write http:// if that is what it serves.',
    )
  })

  it("says how a certificate of one's own is trusted", { skip: skipWithout('openssl') }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cordboard-client-'))
    try {
      const { certificate, key } = makeCertificate(directory, 'own', ['voice.example'])
      const files = { cert: readFileSync(certificate), key: readFileSync(key) }
      assert.equal(
        await complaintAbout(createSecureServer(files)),
        'No secure connection to URL: its certificate is from nobody whom this machine trusts; name the file of its issuer in NODE_EXTRA_CA_CERTS.',
      )
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })

  it('says what is wrong with a certificate for another name, and nothing of what is no matter of TLS', () => {
    assert.match(describeTlsFailure('ERR_TLS_CERT_ALTNAME_INVALID') ?? '', /another name/)
    assert.equal(describeTlsFailure('ECONNREFUSED'), undefined)
  })
})
