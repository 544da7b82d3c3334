import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { exchangeOctets } from '../../../test/support/exchange-octets.ts'
import { createHttpFront, type HttpFront, keys } from '../../../test/support/http-front.ts'
import type { AdmissionDenial } from '../../access/admit-request.ts'
import type { CallRequest } from '../../call/call-request.ts'
import type { Refusal } from '../../call/refusal.ts'

/** One request as it stands on the wire, and the line that answers it. */
interface Exchange {
  readonly name: string
  /** Which parameters and which lines of the contract it proves. */
  readonly rows: readonly string[]
  readonly request: string
  readonly given?: { readonly refusal?: Refusal; readonly happens?: Parameters<HttpFront['calls']['happen']>[1] }
  readonly answer: string
  /** The call that it places; none if absent. */
  readonly places?: CallRequest
}

const exchanges = JSON.parse(readFileSync(new URL('fixtures/exchanges.json', import.meta.url), 'utf8')) as Exchange[]

let front: HttpFront
let port: number
let denial: AdmissionDenial | undefined
before(async () => {
  front = await createHttpFront({ admit: () => denial })
  await front.app.listen({ host: '127.0.0.1', port: 0 })
  port = (front.app.server.address() as { port: number }).port
})
after(() => front.app.close())
beforeEach(() => {
  denial = undefined
  front.calls.refusal = undefined
  front.calls.failure = undefined
  front.calls.placed.length = 0
})

const exchange = (request: string | Buffer): Promise<string> => exchangeOctets(port, request)

const answered = (line: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\n${more}cache-control: no-store\r\ncontent-type: text/plain\r\n` +
  `content-length: ${line.length}\r\n\r\n${line}`

const post = (body: string | Buffer, type = 'application/x-www-form-urlencoded'): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST /api/0.9.3/call HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        'Connection: close\r\n\r\n',
    ),
    Buffer.from(body),
  ])
const line = (head: string): string => `${head} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
const form = `auth=${keys.all}&extension=1234101&destination=03333444110`
const fields = Object.fromEntries(new URLSearchParams(form))

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

describe('exchanges, byte for byte', () => {
  for (const { name, request, given = {}, answer, places } of exchanges) {
    it(name, async () => {
      front.calls.refusal = given.refusal
      const answering = exchange(request)
      if (given.happens !== undefined) {
        await until(() => front.calls.listenerCount === 1)
        const { calls } = await front.calls.calls(['acme'], { limit: 1000 })
        front.calls.happen(calls.at(-1)?.id ?? assert.fail(), given.happens)
      }
      assert.equal(await answering, answered(answer))
      assert.deepEqual(front.calls.placed, places === undefined ? [] : [places])
      assert.equal(front.calls.listenerCount, 0)
    })
  }

  it('every row of the contract has one', () => {
    const shown = new Set(exchanges.flatMap(({ rows }) => rows))
    const parameters = ['auth', 'extension', 'destination', 'cidname', 'reverse', 'source', 'wait']
    const lines = ['OK:Call request sent', 'OK:Call answered', 'ERR:Invalid authentication']
    const faults = ['Extension is required', 'Invalid extension', 'Extension not registered', 'Destination is required']
    const ends = ['Destination not allowed', 'Extension busy', 'Extension rejected the call', 'No answer']
    const rows = [...parameters, ...lines, ...[...faults, ...ends].map((fault) => `ERR:${fault}`)]
    assert.deepEqual(
      rows.filter((row) => !shown.has(row)),
      [],
    )
    // A row is shown by what is sent or answered, not by its name alone.
    for (const { name, rows: shows, request, answer } of exchanges) {
      for (const row of shows) assert.ok(row === answer || parameters.includes(row), `${name}: ${row}, ${request}`)
    }
  })
})

describe('the full number of an account below', () => {
  it("places that account's call", async () => {
    assert.equal(await exchange(post(form.replace('1234101', '1235201'))), answered('OK:Call request sent'))
    const [placed] = front.calls.placed
    assert.equal(placed?.account, 'acme-shop')
    assert.deepEqual(placed?.origin, { dialect: 'spectronics', credential: 'crm', account: 'acme' })
  })
  it('is none of a token that has other lines', async () => {
    const sent = form.replace('1234101', '1235201').replace(keys.all, keys.twoLines)
    assert.equal(await exchange(post(sent)), answered('ERR:Invalid extension'))
  })
})

describe('a token for one extension', () => {
  const bound = (parameters: string) => exchange(post(`auth=${keys.oneLine}&destination=03333444110&${parameters}`))
  for (const [name, parameters, answer] of [
    ['a source outside', 'source=02079460123', 'OK:Call request sent'],
    ['its own extension as source', 'source=1234101', 'OK:Call request sent'],
    ['another extension as source', 'source=102', 'ERR:Source not allowed'],
    ['another extension by its full number', 'source=1234102', 'ERR:Source not allowed'],
    ['another extension as people write it', 'source=(1)-02', 'ERR:Source not allowed'],
    ['another extension in wide digits', 'source=%EF%BC%91%EF%BC%90%EF%BC%92', 'ERR:Source not allowed'],
    ['another extension that is then called back', 'source=102&reverse=1', 'ERR:Source not allowed'],
    ['a queue as source', 'source=600', 'ERR:Source not allowed'],
    ['a feature code as source', 'source=*60', 'ERR:Source not allowed'],
    ['the destination first, then its extension', 'reverse=1', 'OK:Call request sent'],
    ['another extension first, then its own', 'reverse=1&destination=102', 'OK:Call request sent'],
  ] as const) {
    it(`${name}: ${answer}`, async () => {
      assert.equal(await bound(parameters), answered(answer))
      assert.equal(front.calls.placed.length, answer.startsWith('OK') ? 1 : 0)
    })
  }
  it('one for several extensions too rings no other in the place of its own', async () => {
    const several = (source: string) =>
      exchange(post(`auth=${keys.twoLines}&extension=1234101&destination=03333444110&source=${source}`))
    assert.equal(await several('103'), answered('ERR:Source not allowed'))
    assert.equal(await several('102'), answered('OK:Call request sent'))
  })
})

describe('who may not ask now', () => {
  it('too many requests: with the time to wait', async () => {
    denial = { reason: 'limit-exceeded', retryAfterSeconds: 3 }
    assert.equal(await exchange(post(form)), answered('ERR:Too many requests', 'retry-after: 3\r\n'))
  })
  it('too many calls: with the time to wait', async () => {
    front.calls.refusal = { code: 'limit-exceeded', message: 'no', retryAfterSeconds: 60 }
    assert.equal(await exchange(post(form)), answered('ERR:Too many requests', 'retry-after: 60\r\n'))
  })
  it('from another network a token is none', async () => {
    denial = { reason: 'not-from-here' }
    assert.equal(await exchange(post(form)), answered('ERR:Invalid authentication'))
  })
})

describe('a client that goes while it waits', () => {
  it('leaves nothing behind, and its call alone', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write(post(`${form}&wait=1`))
    await until(() => front.calls.listenerCount === 1)
    socket.destroy()
    await until(() => front.calls.listenerCount === 0)
    const { calls } = await front.calls.calls(['acme'], { limit: 1000 })
    assert.equal(calls.at(-1)?.state, 'accepted')
  })
})

describe('what is no request of this API, and attackers', () => {
  const many = Array.from({ length: 1001 }, (_, index) => `p${index}=1`).join('&')
  const multipart = [...new URLSearchParams(form)]
    .map(([name, value]) => `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('')
  const invalid = 'ERR:Invalid request'
  const rows: readonly (readonly [name: string, request: string | Buffer, answer: string])[] = [
    ['another method', line(`PUT /api/0.9.3/call?${form}`), invalid],
    ['another function', line('GET /api/0.9.3/calls'), invalid],
    ['no function', line('GET /api/0.9.3/'), invalid],
    ['a method of WebDAV', line(`PROPFIND /api/0.9.3/call?${form}`), invalid],
    ['a path that cannot be decoded', line('GET /api/0.9.3/%zz'), invalid],
    ['1001 parameters', post(`${form}&${many}`), invalid],
    ['1001 parameters in the query', line(`GET /api/0.9.3/call?${form}&${many}`), invalid],
    ['1001 parameters of one name', post(`${form}${'&p=1'.repeat(1001)}`), invalid],
    ['70,000 octets', post(`${form}&cidname=${'a'.repeat(70_000)}`), invalid],
    [
      'JSON in Latin-1 whose token is wrong',
      post(Buffer.from('{"auth":"\xff"}', 'latin1'), 'application/json'),
      'ERR:Invalid authentication',
    ],
    ['a form that never ends', post(multipart, 'multipart/form-data; boundary=B'), invalid],
    ['JSON that is none', post('{"auth":', 'application/json'), invalid],
    ['65 levels', post(`{"a":${'['.repeat(65)}${']'.repeat(65)}}`, 'application/json'), invalid],
    ['65 levels of a form', post(`${form}&x${'[a]'.repeat(65)}=1`), invalid],
    ['65 levels of a query', line(`GET /api/0.9.3/call?${form}&x${'[a]'.repeat(65)}=1`), invalid],
    ['a list as source', post(`${form}&source[]=0207946000`), invalid],
    ['a list as extension', post(form.replace('extension=', 'extension[]=')), invalid],
    ['a named member as destination', post(`${form}&destination%5Ba%5D=0900`), invalid],
    ['an object as source', post(JSON.stringify({ ...fields, source: { a: '0900' } }), 'application/json'), invalid],
    ['a list as token', post(form.replace('auth=', 'auth[]=')), 'ERR:Invalid authentication'],
    ['__proto__', post(`{"__proto__":{"auth":"${keys.all}"}}`, 'application/json'), 'ERR:Invalid authentication'],
    ['CRLF in the destination', post(`${form}%0D%0AX-Evil:1`), 'ERR:Destination not allowed'],
    ['NUL in the destination', post(`${form}%00`), 'ERR:Destination not allowed'],
    ['a quote in the destination', post(`${form}%22`), 'ERR:Destination not allowed'],
    ['CRLF in the source', post(`${form}&source=1%0D%0A2`), 'ERR:Source not allowed'],
    ['CRLF in the extension', post(form.replace('1234101', '1234101%0D%0A')), 'ERR:Invalid extension'],
    ['a number of 65 characters', post(`${form}&destination=${'1'.repeat(65)}`), 'ERR:Destination not allowed'],
    ['an extension of another account', post(form.replace('1234101', '7654101')), 'ERR:Invalid extension'],
  ]
  for (const [name, request, answer] of rows) {
    it(name, async () => {
      assert.equal(await exchange(request), answered(answer))
      assert.equal(front.calls.placed.length, 0)
    })
  }

  const names: readonly (readonly [name: string, request: string | Buffer, shown: string])[] = [
    [
      'a form in Latin-1, as an old editor saves the file that curl posts',
      post(Buffer.from(`${form}&cidname=Ren\xe9`, 'latin1')),
      'René',
    ],
    ['a form whose octets are encoded', post(`${form}&cidname=Ren%E9`), 'René'],
    ["a quotation mark of Windows' Latin-1", post(`${form}&cidname=O%92Neill`), 'O’Neill'],
    ['UTF-8 is UTF-8 whatever else is sent', post(`${form}&cidname=Ren%C3%A9&x=%E9`), 'René'],
    ['a query', line(`GET /api/0.9.3/call?${form}&cidname=Ren%E9`), 'René'],
    [
      'JSON',
      post(Buffer.from(JSON.stringify({ ...fields, cidname: 'Ren\xe9' }), 'latin1'), 'application/json'),
      'René',
    ],
    [
      'a multipart form',
      post(
        Buffer.from(
          `${[...Object.entries(fields), ['cidname', 'Ren\xe9']]
            .map(([name, value]) => `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
            .join('')}--B--\r\n`,
          'latin1',
        ),
        'multipart/form-data; boundary=B',
      ),
      'René',
    ],
  ]
  for (const [name, request, shown] of names) {
    it(`what is no UTF-8 is read as Latin-1: ${name}`, async () => {
      assert.equal(await exchange(request), answered('OK:Call request sent'))
      assert.equal(front.calls.placed[0]?.first.callerId?.name, shown)
    })
  }
  it('a plus sign before a number, left unencoded, is one', async () => {
    const sent = form.replace(/destination=[^&]*/, 'destination=+442079460958')
    assert.equal(await exchange(post(`${sent}&source=tel:+12125551234`)), answered('OK:Call request sent'))
    const [{ first, second } = assert.fail('no call')] = front.calls.placed
    assert.deepEqual([first.target.value, second.target.value], ['+12125551234', '+442079460958'])
  })
  it('of a name that comes twice the last counts', async () => {
    assert.equal(await exchange(post(`extension=1234102&${form}`)), answered('OK:Call request sent'))
    assert.equal(front.calls.placed[0]?.first.target.value, '101')
  })
  it('a name of any length is cut between characters', async () => {
    await exchange(post(`${form}&cidname=${encodeURIComponent('😀'.repeat(200))}`))
    assert.equal(front.calls.placed[0]?.first.callerId?.name, '😀'.repeat(80))
  })
  it('HEAD rings nobody', async () => {
    assert.match(await exchange(line(`HEAD /api/0.9.3/call?${form}`)), /^HTTP\/1\.1 200 OK\r\n/)
    assert.equal(front.calls.placed.length, 0)
  })
  it('a failure within is told by the log, not to the client', async () => {
    front.calls.failure = new Error('the disk is gone')
    assert.equal(await exchange(post(form)), answered('ERR:Internal error'))
  })
  it('a token never reaches the log', async () => {
    front.log.length = 0
    for (const name of ['auth', '%61uth', 'auth[]']) await exchange(line(`GET /api/0.9.3/call?${name}=${keys.all}`))
    await exchange(post(form))
    assert.equal(front.log.length, 4)
    assert.doesNotMatch(JSON.stringify(front.log), new RegExp(keys.all))
  })
})
