import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { Headers } from '../message/headers.ts'
import { SipRequest } from '../message/message.ts'
import { computeHa1 } from './digest-algorithm.ts'
import { answerChallenge, type ChallengeAnswerInput } from './digest-client.ts'
import { DigestServer, type DigestServerOptions, type LookupHa1, type PasswordGuess } from './digest-server.ts'

const realm = 'cordboard'
const uri = 'sip:bob@example.com'
const passwords = new Map([['alice', 'wonder"land\\']])
const lookup: LookupHa1 = (username, asked, algorithm) => {
  const password = passwords.get(username)
  return password === undefined || asked !== realm ? undefined : computeHa1(algorithm, username, asked, password)
}

const setUp = (options: Partial<DigestServerOptions> = {}) => {
  const clock = new VirtualClock()
  const random = createSeededRandom(7)
  const server = new DigestServer({ clock, random, ...options })
  const answer = (challenges: readonly string[], more: Partial<ChallengeAnswerInput> = {}): string =>
    answerChallenge({
      method: 'INVITE',
      uri,
      challenges,
      username: 'alice',
      password: passwords.get('alice') ?? '',
      cnonce: random.token(8),
      nonceCount: 1,
      ...more,
    }) ?? ''
  const verify = (header: string | undefined, method = 'INVITE', asked = uri) =>
    server.verify({ method, header, uri: asked }, lookup)
  return { clock, random, server, answer, verify }
}

const accepted = { ok: true, username: 'alice', realm, nonceIssuedAt: new VirtualClock().now() }

describe('RFC 8760 section 2.3: challenges', () => {
  it('one an algorithm, SHA-256 first, with qop, opaque and a nonce of 64 random bits or more', () => {
    const { server } = setUp()
    const [first, second, ...rest] = server.challenge(realm)
    assert.match(
      first ?? '',
      /^Digest realm="cordboard", nonce="[0-9a-f]{60}", opaque="\w+", qop="auth", algorithm=SHA-256$/,
    )
    assert.match(second ?? '', /algorithm=MD5$/)
    assert.equal(rest.length, 0)
    assert.match(server.challenge(realm, { stale: true })[0] ?? '', /, stale=true$/)
  })

  it('RFC 7616 section 5.8: what was not asked for is not taken either', () => {
    const { server, answer, verify } = setUp({ algorithms: ['SHA-256'] })
    const [challenge = ''] = server.challenge(realm)
    const weaker = answer([challenge.replace('SHA-256', 'MD5')])
    assert.deepEqual(verify(weaker), { ok: false, reason: 'unsupported' })
    assert.deepEqual(verify(answer([challenge])), accepted)
  })

  it('a million of them leave nothing in memory', () => {
    const { server } = setUp()
    for (let index = 0; index < 1000; index++) server.challenge(realm)
    assert.equal(server.size, 0)
  })

  it('a realm with quotes comes back as it is', () => {
    const { server, answer } = setUp()
    const odd = 'a "realm" \\'
    const header = answer(server.challenge(odd))
    const seen: string[] = []
    server.verify({ method: 'INVITE', header }, (_username, asked) => {
      seen.push(asked)
      return undefined
    })
    assert.deepEqual(seen, [odd])
  })
})

describe('RFC 7616 section 3.4: credentials', () => {
  it('the right password is let in, by either algorithm', () => {
    const { server, answer, verify } = setUp()
    const challenges = server.challenge(realm)
    assert.deepEqual(verify(answer(challenges.slice(0, 1))), accepted)
    assert.deepEqual(verify(answer(challenges.slice(1), { nonceCount: 2 })), accepted)
  })

  it('are read from a request, the right one among several', () => {
    const { server, answer } = setUp()
    const headers = new Headers([
      ['Authorization', 'Bearer abc'],
      ['Authorization', answer(['Digest realm="elsewhere", nonce="n", qop="auth"'])],
      ['Authorization', answer(server.challenge(realm))],
    ])
    assert.deepEqual(server.verify(new SipRequest('INVITE', uri, headers), lookup), accepted)
  })

  it('Proxy-Authorization is looked at where it is asked for', () => {
    const { server, answer } = setUp()
    const headers = new Headers([['Proxy-Authorization', answer(server.challenge(realm))]])
    const request = new SipRequest('INVITE', uri, headers)
    assert.deepEqual(server.verify(request, lookup), { ok: false, reason: 'missing' })
    assert.deepEqual(server.verify(request, lookup, { header: 'Proxy-Authorization' }), accepted)
  })

  it('a wrong password and an unknown user are refused alike', () => {
    const { server, answer, verify } = setUp()
    const challenges = server.challenge(realm)
    const wrong = { ok: false, reason: 'wrong-credentials' }
    assert.deepEqual(verify(answer(challenges, { password: 'guess' })), wrong)
    assert.deepEqual(verify(answer(challenges, { username: 'mallory' })), wrong)
    assert.equal(server.size, 0)
  })

  it('are looked at only where they may be, and each wrong one of a request is told', () => {
    const { server, answer } = setUp()
    const guesses = ['1', '2', '3'].map((password): [string, string] => [
      'Authorization',
      answer(server.challenge(realm), { password }),
    ])
    const request = new SipRequest('INVITE', uri, new Headers(guesses))
    const asked: string[] = []
    const wrong: string[] = []
    const verdict = server.verify(request, lookup, {
      mayCheck: ({ username }) => asked.push(username) <= 2,
      onWrong: ({ username }) => void wrong.push(username),
    })
    assert.deepEqual(verdict, { ok: false, reason: 'wrong-credentials' })
    assert.deepEqual(asked, ['alice', 'alice', 'alice'])
    assert.deepEqual(wrong, ['alice', 'alice'])
    const right = new SipRequest('INVITE', uri, new Headers([['Authorization', answer(server.challenge(realm))]]))
    assert.deepEqual(server.verify(right, lookup, { mayCheck: () => false }), { ok: false, reason: 'unchecked' })
  })

  it('do not hold for another method or another callee', () => {
    const { server, answer, verify } = setUp()
    const header = answer(server.challenge(realm))
    assert.deepEqual(verify(header, 'BYE'), { ok: false, reason: 'wrong-credentials' })
    assert.deepEqual(verify(header, 'INVITE', 'sip:+1900123456@example.com'), { ok: false, reason: 'wrong-uri' })
    assert.deepEqual(verify(header, 'INVITE', 'sip:bob@EXAMPLE.com:5060;transport=tcp'), accepted)
  })

  const malformed: readonly (readonly [string, string | undefined, string])[] = [
    ['no header', undefined, 'missing'],
    ['another scheme', 'Basic abc', 'missing'],
    ['nothing but the scheme', 'Digest ', 'malformed'],
    ['no response', 'Digest username="a", realm="r", nonce="n", uri="u"', 'malformed'],
    ['an empty user', 'Digest username="", realm="r", nonce="n", uri="u", response="0"', 'malformed'],
    ['a qop without nc', 'Digest username="a", realm="r", nonce="n", uri="u", response="0", qop=auth', 'malformed'],
    [
      'an nc that is no number',
      'Digest username="a", realm="r", nonce="n", uri="u", response="0", qop=auth, cnonce="c", nc=0000000g',
      'malformed',
    ],
    ['auth-int', 'Digest username="a", realm="r", nonce="n", uri="u", response="0", qop=auth-int', 'unsupported'],
    ['MD5-sess', 'Digest username="a", realm="r", nonce="n", uri="u", response="0", algorithm=MD5-sess', 'unsupported'],
    [
      'SHA-512-256',
      'Digest username="a", realm="r", nonce="n", uri="u", response="0", algorithm=SHA-512-256',
      'unsupported',
    ],
  ]
  for (const [what, header, reason] of malformed) {
    it(`are refused: ${what}`, () => assert.deepEqual(setUp().verify(header), { ok: false, reason }))
  }

  it('whatever a peer sends, there is a verdict, and it is no', () => {
    const { server, verify } = setUp()
    const real = server.challenge(realm)[0] ?? ''
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(real.length), (noise, at) => {
        assert.equal(verify(`Digest ${noise}`).ok, false)
        assert.equal(verify(real.slice(0, at) + noise + real.slice(at)).ok, false)
      }),
    )
  })
})

describe('RFC 7616 section 5.4: nonces', () => {
  it('expire: then neither a right password nor a wrong one is told apart', async () => {
    const { clock, server, answer, verify } = setUp()
    const challenges = server.challenge(realm)
    await clock.advance(299_999)
    assert.deepEqual(verify(answer(challenges)), accepted)
    await clock.advance(1)
    assert.deepEqual(verify(answer(challenges, { nonceCount: 2 })), { ok: false, reason: 'stale-nonce', stale: true })
    assert.deepEqual(verify(answer(challenges, { password: 'guess' })), {
      ok: false,
      reason: 'stale-nonce',
      stale: true,
    })
  })

  it('hold for the network that they were sent to: nobody guesses in the name of another', () => {
    const { server, answer } = setUp()
    const header = (host: string) => ({ method: 'INVITE', header: answer(server.challenge(realm, { host })) })
    const reasonOf = (made: string, shown: string): string => {
      const verdict = server.verify(header(made), lookup, { host: shown })
      return verdict.ok ? 'accepted' : verdict.reason
    }
    assert.equal(reasonOf('198.51.100.7', '198.51.100.7'), 'accepted')
    // A carrier's NAT that has several addresses.
    assert.equal(reasonOf('198.51.100.7', '198.51.100.8'), 'accepted')
    assert.equal(reasonOf('198.51.100.7', '::ffff:198.51.100.7'), 'accepted')
    assert.equal(reasonOf('2001:db8:1:2::3', '2001:db8:1:2::4'), 'accepted')
    assert.equal(reasonOf('198.51.100.7', '198.51.101.7'), 'stale-nonce')
    assert.equal(reasonOf('2001:db8:1:2::3', '2001:db8:1:3::3'), 'stale-nonce')
  })

  it('say whether they went to this very address, or to another of its network', () => {
    const { server, answer } = setUp()
    const seen = (sentTo: string, shown: string, password?: string): readonly boolean[] => {
      const header = answer(server.challenge(realm, { host: sentTo }), password === undefined ? {} : { password })
      const told: boolean[] = []
      const note = ({ isSeen }: PasswordGuess): boolean => told.push(isSeen) > 0
      server.verify({ method: 'INVITE', header }, lookup, { host: shown, mayCheck: note, onWrong: note, onRight: note })
      return told
    }
    assert.deepEqual(seen('198.51.100.7', '198.51.100.7'), [true, true])
    assert.deepEqual(seen('198.51.100.7', '::ffff:198.51.100.7', 'wrong'), [true, true])
    assert.deepEqual(seen('198.51.100.7', '198.51.100.8'), [false, false])
    assert.deepEqual(seen('198.51.100.7', '198.51.100.8', 'wrong'), [false, false])
    assert.deepEqual(seen('2001:db8:1:2::3', '2001:db8:1:2::4', 'wrong'), [true, true])
    assert.deepEqual(seen('198.51.100.7', '198.51.101.7'), [])
  })

  it('of an earlier process are stale: nobody is asked for a password after a restart', () => {
    const { server, answer } = setUp()
    const header = answer(server.challenge(realm))
    const later = new DigestServer({ clock: new VirtualClock(), random: createSeededRandom(8) })
    assert.deepEqual(later.verify({ method: 'INVITE', header }, lookup), {
      ok: false,
      reason: 'stale-nonce',
      stale: true,
    })
  })

  it('cannot be made up, altered, or carried from realm to realm', () => {
    const { server, answer, verify } = setUp()
    const challenge = server.challenge(realm)[0] ?? ''
    const nonce = /nonce="(\w+)"/.exec(challenge)?.[1] ?? ''
    const stale = { ok: false, reason: 'stale-nonce', stale: true }
    const altered = nonce.replace(/^.{12}/, (time) => (Number.parseInt(time, 16) + 1e6).toString(16).padStart(12, '0'))
    assert.deepEqual(verify(answer([challenge.replace(nonce, altered)])), stale)
    assert.deepEqual(verify(answer([challenge.replace(nonce, '0'.repeat(60))])), stale)
    const elsewhere = server.challenge('elsewhere')[0] ?? ''
    assert.deepEqual(verify(answer([elsewhere.replace('elsewhere', realm)])), stale)
  })

  it('come with an opaque that must not be another', () => {
    const { server, answer, verify } = setUp()
    const [challenge = ''] = server.challenge(realm)
    assert.deepEqual(verify(answer([challenge.replace(/opaque="\w+"/, 'opaque="other"')])), {
      ok: false,
      reason: 'stale-nonce',
      stale: true,
    })
    assert.deepEqual(verify(answer([challenge.replace(/opaque="\w+", /, '')])), accepted)
  })
})

describe('RFC 7616 section 3.4: nonce counts', () => {
  it('a request that comes again is a replay', () => {
    const { server, answer, verify } = setUp()
    const header = answer(server.challenge(realm))
    assert.deepEqual(verify(header), accepted)
    assert.deepEqual(verify(header), { ok: false, reason: 'replayed', stale: true })
  })

  it('may come out of order, each once, within 32 of the highest', () => {
    const { server, answer, verify } = setUp()
    const challenges = server.challenge(realm)
    const use = (nonceCount: number): boolean => verify(answer(challenges, { nonceCount })).ok
    assert.deepEqual([40, 39, 41, 39, 41, 10, 9, 42, 10].map(use), [
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      true,
      false,
    ])
    assert.deepEqual([0x7fffffff, 0xffffffff, 43].map(use), [true, true, false])
  })

  it('no count of no order is ever taken twice', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 100 }), (counts) => {
        const { server, answer, verify } = setUp()
        const challenges = server.challenge(realm).slice(1)
        const taken = counts.filter((nonceCount) => verify(answer(challenges, { nonceCount })).ok)
        assert.equal(new Set(taken).size, taken.length)
      }),
      { numRuns: 50 },
    )
  })

  it('RFC 2617 section 3.2.2: without a qop a nonce serves once', () => {
    const { server, answer, verify } = setUp()
    const legacy = server.challenge(realm).map((challenge) => challenge.replace(', qop="auth"', ''))
    assert.deepEqual(verify(answer(legacy)), accepted)
    assert.deepEqual(verify(answer(legacy)), { ok: false, reason: 'replayed', stale: true })
  })

  it('are remembered for so many nonces only, and a forgotten nonce is stale rather than fresh', async () => {
    const { clock, server, answer, verify } = setUp({ nonceCapacity: 10 })
    const headers: string[] = []
    for (let index = 0; index < 50; index++) {
      const header = answer(server.challenge(realm))
      headers.push(header)
      assert.equal(verify(header).ok, true)
      await clock.advance(1)
    }
    assert.equal(server.size, 10)
    for (const header of headers) assert.equal(verify(header).ok, false)
    await clock.advance(300_000)
    assert.equal(verify(answer(server.challenge(realm))).ok, true)
    assert.equal(server.size, 1)
  })
})
