import { keys, userPassword } from '../support/http-front.ts'

/** A request as it is mutated: octets, one a character. */
export interface FuzzRequest {
  method: string
  url: string
  headers: [string, string][]
  body: string
}

const form = 'application/x-www-form-urlencoded'
const json = 'application/json'
const call = `{"first":{"line":"101","autoAnswer":true},"second":{"dial":"0412345678"},"variables":{"a":"b"}}`
const bearer: [string, string] = ['authorization', `Bearer ${keys.all}`]
const user = `auth_username=alice@acme;auth_password=${userPassword}`
const make =
  'stype=phone;snumber=101;ctype=;cnumber=%2B61412345678;callerid1=A%20%3C1%3E;customer=2;answer1=1;delay=5;card=9'
const originate =
  'data[project_id]=1&data[caller_id]=1&data[caller_id_name]=x&data[type]=queue&data[destination]=q&data[external_id]=x1' +
  `&data[vars][a]=b&api_username=alice%40acme&api_password=x&api_hash=${'0'.repeat(32)}`

const webCall = `auth=${keys.all}&extension=1234101&destination=0412345678&cidname=A%20B&source=102&reverse=0`

const seeds: readonly FuzzRequest[] = [
  { method: 'GET', url: `/calls/initiate?key=${keys.all}&origin=101&destination=0412345678`, headers: [], body: '' },
  {
    method: 'POST',
    url: '/calls/initiate/',
    headers: [['content-type', form]],
    body: `key=${keys.all}&origin=101&destination=1&autoAnswer=1`,
  },
  {
    method: 'POST',
    url: '/calls/initiate',
    headers: [['content-type', json]],
    body: `[{"key":"${keys.all}","origin":101,"destination":"1"}]`,
  },
  { method: 'POST', url: '/v1/calls', headers: [bearer, ['content-type', json]], body: call },
  {
    method: 'POST',
    url: '/v1/calls',
    headers: [bearer, ['content-type', json], ['idempotency-key', 'k1']],
    body: call,
  },
  { method: 'POST', url: '/api/originate-call', headers: [bearer, ['content-type', form]], body: originate },
  { method: 'GET', url: `/api/originate-call?${originate}`, headers: [bearer], body: '' },
  {
    method: 'POST',
    url: '/api//originate-call/?data[vars][a]=1',
    headers: [bearer, ['content-type', json]],
    body: `{"data":{"project_id":1,"caller_id":"1","caller_id_name":"x","type":"user","destination":"a","external_id":1.5}}`,
  },
  { method: 'GET', url: '/api/originate-call?external_id=x1', headers: [bearer], body: '' },
  { method: 'GET', url: `/api/json//calls/make/?${user}&${make}`, headers: [], body: '' },
  {
    method: 'POST',
    url: `/local/api/json/calls/make?${user}`,
    headers: [['content-type', form]],
    body: make,
  },
  { method: 'GET', url: `/api/json/calls/active/list/?${user};customer=recursive`, headers: [], body: '' },
  { method: 'GET', url: `/api/json/cdrs/list?${user};start=0;end=1;detail=call;limit=1`, headers: [], body: '' },
  { method: 'GET', url: `/api/json/calls/hangup?${user};callid=call-1`, headers: [], body: '' },
  { method: 'GET', url: `/api/0.9.3/call?${webCall}`, headers: [], body: '' },
  { method: 'POST', url: '/api//0.9.3/call/', headers: [['content-type', form]], body: `${webCall}\n` },
  { method: 'GET', url: '/v1/calls?state=live&limit=5&from=2026-01-01T00:00:00Z', headers: [bearer], body: '' },
  { method: 'GET', url: '/v1/calls/call-1', headers: [bearer], body: '' },
  { method: 'GET', url: '/v1/calls/call-1/events', headers: [bearer, ['last-event-id', '1']], body: '' },
  { method: 'DELETE', url: '/v1/calls/call-1', headers: [bearer], body: '' },
  { method: 'GET', url: '/v1/phones', headers: [bearer], body: '' },
  { method: 'GET', url: '/problems/unavailable', headers: [], body: '' },
]

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']
const contentTypes = [
  form,
  json,
  'text/plain',
  'multipart/form-data; boundary=x',
  'garbage',
  ';',
  `${json};charset=\xff`,
  '',
]
const pieces = [
  '%',
  '%00',
  '%0d%0a',
  '%ff',
  '%zz',
  '&',
  ';',
  '=',
  '[',
  ']',
  '{',
  '}',
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '/',
  '//',
  '..',
  '?',
  '#',
]
pieces.push(
  '\0',
  '\xff',
  '\xc0\x80',
  '__proto__',
  'constructor',
  'null',
  '1e999',
  '-0',
  ':',
  ',',
  ' ',
  '+',
  'a'.repeat(300),
  '['.repeat(70),
)

export interface Fraction {
  fraction(): number
}

const below = (random: Fraction, limit: number): number => Math.floor(random.fraction() * limit)
const oneOf = <Item>(random: Fraction, items: readonly Item[]): Item => items[below(random, items.length)] as Item

/** One of the seeds, changed in one to five places. */
export function mutateRequest(random: Fraction): FuzzRequest {
  const seed = oneOf(random, seeds)
  const request = { ...seed, headers: seed.headers.map(([name, value]): [string, string] => [name, value]) }
  for (let changes = 1 + below(random, 5); changes > 0; changes--) change(request, random)
  return request
}

function change(request: FuzzRequest, random: Fraction): void {
  switch (below(random, 10)) {
    case 0:
      request.method = oneOf(random, methods)
      break
    case 1:
      request.headers = [
        ...request.headers.filter(([name]) => name !== 'content-type'),
        ['content-type', oneOf(random, contentTypes)],
      ]
      break
    case 2: {
      const header = request.headers[below(random, request.headers.length)]
      if (header !== undefined) header[1] = mutateText(header[1], random)
      break
    }
    case 3:
      request.body = oneOf(random, seeds).body
      break
    case 4:
      request.body = oneOf(random, [
        request.body.repeat(1 + below(random, 40)),
        '['.repeat(below(random, 2000)),
        'a=1&'.repeat(below(random, 1500)),
      ])
      break
    case 5:
    case 6:
      request.url = `/${mutateText(request.url.slice(1), random)}`
      break
    default:
      request.body = mutateText(request.body, random)
  }
}

/** Inserts a piece, removes a stretch, or flips an octet. */
function mutateText(text: string, random: Fraction): string {
  const at = below(random, text.length + 1)
  switch (below(random, 4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + below(random, 12))
    case 1:
      return text.slice(0, at) + String.fromCharCode(below(random, 256)) + text.slice(at + 1)
    default:
      return text.slice(0, at) + oneOf(random, pieces) + text.slice(at)
  }
}

/** The request as octets on a wire; lengths are as true as the mutation left them. */
export function octetsOfRequest(request: FuzzRequest): Buffer {
  const fields = request.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const head = `${request.method} ${request.url} HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n${fields}`
  return Buffer.from(`${head}Content-Length: ${request.body.length}\r\n\r\n${request.body}`, 'latin1')
}
