import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { computeHa1, type DigestAlgorithm } from './digest-algorithm.ts'
import { computeDigestResponse } from './digest-response.ts'

const rfc7616 = {
  username: 'Mufasa',
  realm: 'http-auth@example.org',
  password: 'Circle of Life',
  method: 'GET',
  uri: '/dir/index.html',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
}
const rfc2617 = {
  username: 'Mufasa',
  realm: 'testrealm@host.com',
  password: 'Circle Of Life',
  method: 'GET',
  uri: '/dir/index.html',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  cnonce: '0a4f113b',
}

const respond = (
  algorithm: DigestAlgorithm,
  given: typeof rfc7616,
  more: { session?: boolean; qop?: 'auth' | 'auth-int' | 'none'; body?: Buffer } = {},
): string =>
  computeDigestResponse({
    algorithm,
    session: more.session ?? false,
    ha1: computeHa1(algorithm, given.username, given.realm, given.password),
    method: given.method,
    uri: given.uri,
    nonce: given.nonce,
    cnonce: given.cnonce,
    ...(more.qop !== 'none' && {
      protection: { qop: more.qop ?? 'auth', nonceCount: '00000001', cnonce: given.cnonce },
    }),
    ...(more.body !== undefined && { body: more.body }),
  })

describe('digest responses', () => {
  it('RFC 7616 section 3.9.1: MD5', () => {
    assert.equal(respond('MD5', rfc7616), '8ca523f5e9506fed4657c9700eebdbec')
  })

  it('RFC 7616 section 3.9.1: SHA-256', () => {
    assert.equal(respond('SHA-256', rfc7616), '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1')
  })

  it('RFC 7616 section 3.9.2, as corrected by erratum 4897: SHA-512-256 with a user name beyond ASCII', () => {
    const given = {
      username: 'J\u00e4s\u00f8n Doe',
      realm: 'api@example.org',
      password: 'Secret, or not?',
      method: 'GET',
      uri: '/doe.json',
      nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
    }
    assert.equal(respond('SHA-512-256', given), '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5')
  })

  it('RFC 2617 section 3.5: MD5', () => {
    assert.equal(respond('MD5', rfc2617), '6629fae49393a05397450978507c4ef1')
  })

  it('RFC 2617 section 3.2.2.1: without a qop, as RFC 2069', () => {
    assert.equal(respond('MD5', rfc2617, { qop: 'none' }), '670fd8c2df070c60b045671b8b24ff02')
  })

  it('the session variant and auth-int are made of what RFC 7616 sections 3.4.2 and 3.4.3 say', () => {
    const plain = respond('SHA-256', rfc7616)
    const session = respond('SHA-256', rfc7616, { session: true })
    const integrity = respond('SHA-256', rfc7616, { qop: 'auth-int', body: Buffer.from('v=0') })
    assert.equal(new Set([plain, session, integrity]).size, 3)
    assert.equal(
      respond('SHA-256', rfc7616, { qop: 'auth-int' }),
      respond('SHA-256', rfc7616, { qop: 'auth-int', body: Buffer.alloc(0) }),
    )
  })
})
