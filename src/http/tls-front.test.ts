import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect as connectPlain, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connect } from 'node:tls'
import { skipWithout } from '../../test/support/peers.ts'
import { makeCertificate } from '../../test/support/test-certificate.ts'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log.ts'
import { TlsFront } from './tls-front.ts'

describe('handshakes', { skip: skipWithout('openssl') }, () => {
  it('that never go on keep nobody out: the host that has most of them gives one up', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'tls-front-'))
    const http = createServer((_request, response) => response.end('here'))
    http.maxConnections = 100
    const front = new TlsFront(http, {
      certificates: [makeCertificate(directory, 'one', ['localhost'])],
      clock: systemClock,
      log: silentLog,
      maximumHandshakes: 3,
    })
    const port = await front.listen({ host: '127.0.0.1', port: 0, backlog: 10 })
    t.after(() => {
      front.stop()
      front.end()
      rmSync(directory, { recursive: true, force: true })
    })
    const held: Socket[] = []
    for (let count = 0; count < 3; count++) {
      const socket = connectPlain({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }).on('error', () => {})
      held.push(socket)
      await once(socket, 'connect')
    }
    const oldest = once(held[0] as Socket, 'close')
    for (let count = 0; count < 5; count++) {
      const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
      client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      // Its handshake is over for the server as well, then, and its place given back.
      assert.match(String((await once(client, 'data'))[0]), /^HTTP\/1\.1 200/)
      client.destroy()
    }
    await oldest
    assert.deepEqual([held[1]?.destroyed, held[2]?.destroyed], [false, false])
  })
})
