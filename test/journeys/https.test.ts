import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { type RunningServer, startServer } from '../../src/main.ts'
import { requirePeer, skipWithout } from '../support/peers.ts'
import { makeCertificate } from '../support/test-certificate.ts'
import { configText, testKey } from '../support/test-server.ts'

const run = promisify(execFile)
const initiate = `/calls/initiate?key=${testKey}&origin=101&destination=102`
/** Nobody is registered: the dialect's own answer says that the request was understood. */
const understood = /"error":"UNAVAILABLE"/

describe('http.tls', { skip: skipWithout('openssl') }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'cordboard-tls-'))
  let server: RunningServer
  let port: number
  before(async () => {
    makeCertificate(directory, 'one', ['voice.example', 'localhost'])
    makeCertificate(directory, 'two', ['*.brand.example'])
    makeCertificate(directory, 'next', ['voice.example', 'localhost'])
    // As certbot does it: what is configured is a link, which is exchanged.
    symlinkSync('one.pem', join(directory, 'live.pem'))
    symlinkSync('one.key', join(directory, 'live.key'))
    const tls =
      'tls: { host: 127.0.0.1, port: 0, certificate: live.pem, key: live.key, others: [{ certificate: two.pem, key: two.key }] }'
    const configFile = join(directory, 'cordboard.yaml')
    writeFileSync(configFile, configText.replace('http: { port: 0 }', `http: { port: 0, ${tls} }`))
    server = await startServer({ configFile, dataDirectory: directory })
    port = server.tlsPort ?? 0
  })
  after(async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const open = (options: ConnectionOptions = {}): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
      socket.once('secureConnect', () => resolve(socket)).once('error', reject)
    })
  const certificateOf = async (servername?: string): Promise<string> => {
    const socket = await open(servername === undefined ? {} : { servername })
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  const trusted = (name: string) => ['--cacert', join(directory, `${name}.pem`)]

  it('curl, and the plain listener beside it', async (t) => {
    if (requirePeer(t, 'curl') === undefined) return
    const { stdout } = await run('curl', ['-s', ...trusted('one'), `https://localhost:${port}${initiate}`])
    assert.match(stdout, understood)
    assert.match(await (await fetch(server.url + initiate)).text(), understood)
  })
  it('PHP, by its streams', async (t) => {
    if (requirePeer(t, 'php') === undefined) return
    const script = `echo @file_get_contents($argv[1], false, stream_context_create(['ssl' => ['cafile' => $argv[2]], 'http' => ['ignore_errors' => true]]));`
    const { stdout } = await run('php', [
      '-r',
      script,
      `https://localhost:${port}${initiate}`,
      join(directory, 'one.pem'),
    ])
    assert.match(stdout, understood)
  })
  it('each client gets the certificate of the name that it asks for, and the first without one', async () => {
    const [one, two] = [await certificateOf('voice.example'), await certificateOf('shop.brand.example')]
    assert.notEqual(one, two)
    assert.equal(await certificateOf(), one)
    assert.equal(await certificateOf('unknown.example'), one)
  })
  it('TLS 1.2 and 1.3, nothing older', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await open({ minVersion: version, maxVersion: version })
      assert.equal(socket.getProtocol(), version)
      socket.destroy()
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await assert.rejects(open(old))
    const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0']
    await assert.rejects(run('openssl', args))
  })
  it('unencoded URLs, a half-closed connection and octets that are no request are read as on the plain one', async () => {
    const socket = await open()
    socket.end(`GET ${initiate}&x=a b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    assert.match(await text(socket), understood)
    const garbage = await open()
    garbage.write('garbage\r\n\r\n')
    assert.match(await text(garbage), /^HTTP\/1\.1 400 /)
  })
  it('a client that speaks no TLS is cut off', async () => {
    const socket = connectPlain(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.doesNotMatch(await text(socket), /^HTTP/)
  })

  it('a faulty certificate is refused while the old one serves; a new one is taken when its key has come too', async (t) => {
    if (requirePeer(t, 'curl') === undefined) return
    const settle = () => new Promise((resolve) => setTimeout(resolve, 3500))
    const before = await certificateOf('voice.example')
    writeFileSync(join(directory, 'faulty.pem'), 'no certificate')
    const link = (target: string, name: string) => {
      symlinkSync(target, join(directory, 'new-link'))
      renameSync(join(directory, 'new-link'), join(directory, name))
    }
    link('faulty.pem', 'live.pem')
    await settle()
    assert.equal(await certificateOf('voice.example'), before)
    link('next.pem', 'live.pem')
    link('next.key', 'live.key')
    for (const end = Date.now() + 20_000; (await certificateOf('voice.example')) === before; await settle()) {
      assert.ok(Date.now() < end, 'the new certificate was not taken')
    }
    assert.equal(await certificateOf(), await certificateOf('voice.example'))
    const { stdout } = await run('curl', ['-s', ...trusted('next'), `https://localhost:${port}${initiate}`])
    assert.match(stdout, understood)
  })

  it('a certificate that cannot be used at the start is named', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'cordboard-tls-'))
    copyFileSync(join(directory, 'one.pem'), join(broken, 'a.pem'))
    copyFileSync(join(directory, 'two.key'), join(broken, 'a.key'))
    const configFile = join(broken, 'cordboard.yaml')
    for (const [files, told] of [
      ['certificate: a.pem, key: a.key', /"http\.tls" cannot be used: .*a\.key is not the key of .*a\.pem/],
      ['certificate: none.pem, key: a.key', /none\.pem cannot be read \(ENOENT\)/],
      ['certificate: a.key, key: a.key', /a\.key holds no certificate in PEM form/],
    ] as const) {
      const tls = `tls: { host: 127.0.0.1, port: 0, ${files} }`
      writeFileSync(configFile, configText.replace('http: { port: 0 }', `http: { port: 0, ${tls} }`))
      await assert.rejects(startServer({ configFile, dataDirectory: broken }), told)
    }
    rmSync(broken, { recursive: true })
  })
})
