import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { computeHa1 } from './digest-algorithm.ts'
import { answerChallenge, type ChallengeAnswerInput } from './digest-client.ts'
import { parseDigestParameters } from './digest-parameters.ts'

const answer = (challenges: readonly string[], more: Partial<ChallengeAnswerInput> = {}): string | undefined =>
  answerChallenge({
    method: 'GET',
    uri: '/dir/index.html',
    challenges,
    username: 'Mufasa',
    password: 'Circle of Life',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    nonceCount: 1,
    ...more,
  })

type Name = 'realm' | 'nonce' | 'response' | 'algorithm' | 'qop' | 'nc'

const parametersOf = (value: string | undefined): Partial<Record<Name, string>> =>
  Object.fromEntries(parseDigestParameters(value ?? '') ?? [])

const challenge = (algorithm: string, more = 'qop="auth, auth-int"'): string =>
  `Digest realm="http-auth@example.org", ${more}, algorithm=${algorithm}, ` +
  'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'

describe('answers to challenges', () => {
  it('RFC 7616 section 3.9.1: of SHA-256 and MD5, SHA-256', () => {
    const parameters = parametersOf(answer([challenge('MD5'), challenge('SHA-256')]))
    assert.deepEqual(parameters, {
      username: 'Mufasa',
      realm: 'http-auth@example.org',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      uri: '/dir/index.html',
      response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
      algorithm: 'SHA-256',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      qop: 'auth',
      nc: '00000001',
      opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
    })
  })

  it('RFC 7616 section 3.9.1: MD5 where it is all there is', () => {
    assert.equal(parametersOf(answer([challenge('MD5')])).response, '8ca523f5e9506fed4657c9700eebdbec')
  })

  it('without an algorithm it is MD5, and is not named back', () => {
    const value = answer(['Digest realm="r", nonce="n", qop="auth"'])
    assert.equal(parametersOf(value).algorithm, undefined)
    assert.equal(parametersOf(value).response?.length, 32)
  })

  it('RFC 2617 section 3.2.2: without a qop there is neither nc nor cnonce', () => {
    const parameters = parametersOf(answer(['Digest realm="r", nonce="n"']))
    assert.deepEqual(Object.keys(parameters), ['username', 'realm', 'nonce', 'uri', 'response'])
  })

  it('an empty qop, algorithm or opaque, as some servers send them, counts as none', () => {
    const plain = parametersOf(answer(['Digest realm="r", nonce="n"']))
    for (const empty of ['qop=""', 'algorithm=""', 'qop="", algorithm=', 'stale=, qop=']) {
      assert.deepEqual(parametersOf(answer([`Digest realm="r", nonce="n", ${empty}`])), plain, empty)
    }
    assert.deepEqual(parametersOf(answer(['Digest realm="r", nonce="n", opaque="",'])), { ...plain, opaque: '' })
  })

  it('auth-int is answered where nothing else is offered, over the body', () => {
    const offer = [challenge('SHA-256', 'qop="auth-int"')]
    const one = parametersOf(answer(offer, { body: Buffer.from('one') }))
    const other = parametersOf(answer(offer, { body: Buffer.from('other') }))
    assert.equal(one.qop, 'auth-int')
    assert.notEqual(one.response, other.response)
  })

  it('what cannot be answered is left alone', () => {
    assert.equal(answer([]), undefined)
    assert.equal(answer(['Basic realm="r"']), undefined)
    assert.equal(answer([challenge('SHA-3')]), undefined)
    assert.equal(answer([challenge('MD5', 'qop="auth-conf"')]), undefined)
    assert.equal(answer(['Digest realm="r"']), undefined)
  })

  it('an unknown scheme or algorithm does not hide a good one', () => {
    assert.match(answer(['Bearer realm="r"', challenge('SHA-3'), challenge('MD5')]) ?? '', /algorithm=MD5/)
  })

  it('a stored hash answers in place of the password, for its own algorithm only', () => {
    const ha1 = { MD5: computeHa1('MD5', 'Mufasa', 'http-auth@example.org', 'Circle of Life') }
    const { password: _password, ...input } = {
      method: 'GET',
      uri: '/dir/index.html',
      challenges: [challenge('SHA-256'), challenge('MD5')],
      username: 'Mufasa',
      password: '',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      nonceCount: 1,
    }
    assert.match(answerChallenge({ ...input, ha1 }) ?? '', /8ca523f5e9506fed4657c9700eebdbec/)
  })

  it('nothing that we or the peer say can leave its quotes or its line', () => {
    const value = answer(['Digest realm="a\\"b", nonce="n", qop="auth"'], {
      username: 'x", realm="evil"\r\nVia: y',
      uri: 'sip:a"@b\r\n',
    })
    assert.ok(value !== undefined && !/[\r\n]/.test(value))
    assert.equal(parametersOf(value).realm, 'a\\"b')
  })

  it('the nonce count is eight hexadecimal digits', () => {
    assert.equal(parametersOf(answer([challenge('MD5')], { nonceCount: 26 })).nc, '0000001a')
  })
})
