import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createHttpFront, type HttpFront } from '../../test/support/http-front.ts'

describe('GET / says what this is', () => {
  let front: HttpFront
  before(async () => {
    front = await createHttpFront()
  })
  after(() => front.app.close())

  for (const [accept, type, body] of [
    [undefined, 'text/plain; charset=utf-8', /^Cordboard: a click-to-call server/],
    ['*/*', 'text/plain; charset=utf-8', /^Cordboard/],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8', /^<!doctype html>/],
    ['application/json, text/plain, */*', 'text/plain; charset=utf-8', /^Cordboard/],
    ['application/json', 'application/json', /^\{"name":"Cordboard"/],
    ['text/*;q=0.5, application/json', 'application/json', /^\{/],
    ['text/plain;q=0, */*', 'text/html; charset=utf-8', /^<!doctype html>/],
    ['image/png', 'text/plain; charset=utf-8', /^Cordboard/],
    ['TEXT/HTML;Q=1', 'text/html; charset=utf-8', /^<!doctype html>/],
    [';;,q=,', 'text/plain; charset=utf-8', /^Cordboard/],
  ] as const) {
    it(`to a client that accepts ${accept ?? 'whatever'}`, async () => {
      const answer = await front.app.inject({ url: '/', headers: { host: 'any.example', ...(accept && { accept }) } })
      assert.deepEqual([answer.statusCode, answer.headers['content-type']], [200, type])
      assert.match(answer.body, body)
      assert.equal(answer.headers['access-control-allow-origin'], '*')
    })
  }
  it('and HEAD the same without the page', async () => {
    const { statusCode, headers, body } = await front.app.inject({ method: 'HEAD', url: '//?probe=1' })
    assert.deepEqual([statusCode, headers['content-type'], body], [200, 'text/plain; charset=utf-8', ''])
  })
  it('POST is none of it', async () => {
    assert.equal((await front.app.inject({ method: 'POST', url: '/' })).statusCode, 404)
  })
})
