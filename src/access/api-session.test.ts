import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { createHttpFront, FakeCalls, frontRecords, keys } from '../../test/support/http-front.ts'
import type { CallService } from '../call/call-service.ts'
import type { DialectContext } from '../dialects/dialect.ts'
import { createDirectory, sha256 } from '../directory/create-directory.ts'
import type { Permission } from '../directory/permission.ts'
import { permissions } from '../directory/permission.ts'
import type { CredentialRecord } from '../directory/records.ts'
import { ReplaceableDirectory } from '../directory/replaceable-directory.ts'
import { ApiSession } from './api-session.ts'
import { callerOf } from './caller.ts'
import { HeldAccesses } from './held-accesses.ts'

const secret = 'demo-token-test-1'
const from = { address: '192.0.2.1', host: 'voice.example' }
const until = new AbortController().signal
const wanted = {
  ...{ account: 'acme', delaySeconds: 0, variables: {} },
  first: { target: { kind: 'line', value: '101' } },
  second: { target: { kind: 'dial', value: '0412345678' } },
} as const

/** A session of a token, and everything that is asked of what stands behind it. */
function open(more: Partial<CredentialRecord> = {}, others: readonly CredentialRecord[] = []) {
  const record: CredentialRecord = {
    ...{ kind: 'token', account: 'acme', name: 'desk', permissions, secretSha256: sha256(secret) },
    ...more,
  }
  const recordsWith = (credentials: readonly CredentialRecord[]) => ({ ...frontRecords, credentials })
  const directory = new ReplaceableDirectory(createDirectory(recordsWith([record, ...others])))
  const asked: string[] = []
  const calls = new FakeCalls()
  const heldAccesses = new HeldAccesses()
  const change = (name: string) => async (): Promise<never> => {
    asked.push(name)
    return { outcome: 'withdrawn' } as never
  }
  const noted = new Proxy<CallService>(calls, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        asked.push(String(name))
        return member.apply(target, args)
      }
    },
  })
  const session = new ApiSession(
    callerOf(directory.keyBySecret(secret) ?? assert.fail(), directory),
    { dialect: 'test', from, permissions: record.permissions },
    {
      ...{ calls: noted, directory, heldAccesses, clock: { now: () => 1_790_000_000_000 } },
      changes: { apply: change('apply'), createCredential: change('create'), revokeCredential: change('revoke') },
      phones: ({ number }) => [{ contact: `sip:${number}@192.0.2.9`, reachable: true, expiresAt: 0 }],
    },
  )
  const revoke = () => {
    directory.replace(createDirectory(recordsWith(others)))
    heldAccesses.recheck()
  }
  return { session, calls, asked, heldAccesses, revoke }
}

type Method = Exclude<
  { [Key in keyof ApiSession]: ApiSession[Key] extends (...args: never) => unknown ? Key : never }[keyof ApiSession],
  undefined
>

const noCall = {
  id: 'call-1',
  account: 'acme',
  acceptedAt: 0,
  request: { ...wanted, origin: { dialect: 'test', credential: 'x' } },
}

/** Each method with the permissions of which it needs one; none where it tells what whoever is known may know. */
const methods: Readonly<
  Record<Method, readonly [needs: readonly Permission[], run: (session: ApiSession) => unknown]>
> = {
  place: [['calls:place'], (session) => session.place(wanted)],
  wait: [['calls:place', 'calls:read'], (session) => session.wait(noCall, { for: 'ended', milliseconds: 1 }, until)],
  call: [['calls:read'], (session) => session.call('call-1')],
  calls: [['calls:read'], (session) => session.calls({ limit: 1 })],
  events: [['calls:read'], (session) => session.events('call-1')],
  watch: [['calls:read'], (session) => session.watch('call-1', until)],
  holdLists: [['calls:read'], (session) => session.holdLists(until).release()],
  hangup: [['calls:control'], (session) => session.hangup('call-1')],
  redirect: [['calls:control'], (session) => session.redirect('call-1', 'first', { kind: 'line', value: '102' })],
  act: [['calls:control'], (session) => session.act('call-1', { action: 'hold', leg: 'first' })],
  findAccount: [[], (session) => session.findAccount()],
  findLine: [[], (session) => session.findLine('acme', '101')],
  findExtension: [[], (session) => session.findExtension('101')],
  nameOfParty: [[], (session) => session.nameOfParty(noCall, '101')],
  plainNumber: [[], (session) => session.plainNumber('acme', '101')],
  lines: [['calls:read', 'directory:read'], (session) => session.lines()],
  phones: [['calls:read', 'directory:read'], (session) => session.phones()],
  listDirectory: [['directory:read'], (session) => session.listDirectory()],
  applyDirectory: [['directory:write'], (session) => session.applyDirectory('')],
  credentials: [['directory:write'], (session) => session.credentials()],
  createCredential: [
    ['directory:write'],
    (session) => session.createCredential({ kind: 'token', account: 'acme', name: 'x' }),
  ],
  revokeCredential: [
    ['directory:write'],
    (session) => session.revokeCredential({ kind: 'token', account: 'acme', name: 'x' }),
  ],
}

describe('each method asks for its permission', () => {
  for (const [name, [needs, run]] of Object.entries(methods)) {
    const lets = (granted: readonly Permission[]) => {
      const { session, asked } = open({ permissions: granted })
      const runs = async () => run(session)
      return { asked, runs }
    }
    it(`${name}: ${needs.join(' or ') || 'none'}`, async () => {
      for (const permission of needs) await lets([permission]).runs()
      const without = lets(permissions.filter((permission) => !needs.includes(permission)))
      if (needs.length === 0) return void (await lets([]).runs())
      await assert.rejects(without.runs, /ask for it when the session is opened/)
      assert.deepEqual(without.asked, [])
    })
  }
  it('and there are no others', () => {
    const all = Object.getOwnPropertyNames(ApiSession.prototype).filter(
      (name) => typeof Object.getOwnPropertyDescriptor(ApiSession.prototype, name)?.value === 'function',
    )
    assert.deepEqual(all.filter((name) => name !== 'constructor').sort(), Object.keys(methods).sort())
  })
})

test('nothing leads from what a dialect is lent to calls, directory or store', async () => {
  let lent: DialectContext | undefined
  const front = await createHttpFront({
    wrap: (dialect) => ({
      name: dialect.name,
      register(app, context) {
        lent = context
        return dialect.register(app, context)
      },
    }),
  })
  await front.app.close()
  const context = lent ?? assert.fail()
  assert.deepEqual(Object.keys(context).sort(), ['access', 'closing', 'log', 'node'])
  assert.deepEqual(Object.keys(context.access).sort(), ['authenticateKey', 'authenticateUser'])
  const asking = { dialect: 'test', from, permissions: [] }
  const authenticated = context.access.authenticateKey(keys.all, asking)
  const session = 'session' in authenticated ? authenticated.session : assert.fail()
  // Its own properties, all of them: what the session works with is private to it.
  assert.deepEqual(Reflect.ownKeys(session), [])
  const { denial } = context.access.authenticateKey('nobody', asking) as { denial?: object }
  assert.deepEqual(denial, { reason: 'unknown' })
})

describe('a call is placed in the name of whoever asks', () => {
  it('whatever the dialect says', async () => {
    const { session, calls } = open()
    const forged = { ...wanted, origin: { dialect: 'x', credential: 'boss', trustsCallerIds: true } as const }
    await session.place(forged)
    assert.deepEqual(calls.placed[0]?.origin, { dialect: 'test', credential: 'desk' })
  })
  it('of an account above, and trusted', async () => {
    const { session, calls } = open({ trustCallerIds: true })
    await session.place({ ...wanted, account: 'acme-shop' })
    const origin = { dialect: 'test', credential: 'desk', account: 'acme', trustsCallerIds: true }
    assert.deepEqual(calls.placed[0]?.origin, origin)
  })
  it('never for an account of somebody else', async () => {
    const { session, calls } = open()
    assert.deepEqual(await session.place({ ...wanted, account: 'other' }), { outcome: 'line-not-allowed' })
    assert.deepEqual(calls.placed, [])
  })
  it('by an idempotency key that leads nobody else to the call', async () => {
    const one = open()
    const other = open({ name: 'other' })
    const fingerprints: unknown[] = []
    for (const { session, calls } of [one, other]) {
      const place = calls.place.bind(calls)
      calls.place = (request, options) => {
        fingerprints.push(options?.idempotency?.fingerprint)
        return place(request, options)
      }
      const idempotency = { key: 'k' }
      await session.place(wanted, { idempotency })
      await session.place({ ...wanted, variables: {} }, { idempotency })
      await session.place(wanted, { idempotency: { key: 'k', wait: { for: 'ended', seconds: 1 } } })
    }
    const [first, again, waiting, ofOther] = fingerprints
    assert.equal(first, again)
    assert.equal(new Set([first, waiting, ofOther]).size, 3)
  })
})

describe('who is bound to line 101', () => {
  const bound = { lines: ['101'] }
  it('sees this line alone, its phones, and itself', () => {
    const credentialsOfOthers = [
      ['acme', 'boss'],
      ['acme-shop', 'desk'],
    ].map(([account = '', name = '']): CredentialRecord => ({ kind: 'token', account, name, permissions }))
    const { session } = open(bound, credentialsOfOthers)
    assert.deepEqual(
      session.lines().map(({ account, number }) => `${account}/${number}`),
      ['acme/101'],
    )
    assert.deepEqual(
      session.phones().map(({ contact }) => contact),
      ['sip:101@192.0.2.9'],
    )
    const { lines, credentials, ...others } = session.listDirectory()
    assert.deepEqual(lines, session.lines())
    assert.deepEqual(Object.values(others).flat(), [])
    assert.deepEqual(
      credentials?.map((credential) => (credential as { account: string }).account),
      ['acme'],
    )
    assert.equal(session.findLine('acme', '102'), undefined)
    assert.equal(session.findExtension('1234102'), undefined)
    assert.equal(session.onlyLine, '101')
  })
  it('changes no directory, whatever it was granted', async () => {
    const { session, asked } = open(bound)
    await assert.rejects(session.applyDirectory(''))
    await assert.rejects(session.createCredential({ kind: 'token', account: 'acme', name: 'x' }))
    assert.deepEqual(asked, [])
  })
  it('controls no call of another line', async () => {
    const { session, calls, asked } = open(bound)
    const other = { ...wanted, first: { target: { kind: 'line', value: '102' } } } as const
    await calls.place({ ...other, origin: { dialect: 'native', credential: 'crm' } })
    assert.deepEqual(await session.hangup('call-1'), { outcome: 'not-found' })
    const redirected = await session.redirect('call-1', 'first', { kind: 'line', value: '101' })
    assert.deepEqual(redirected, { outcome: 'not-found' })
    assert.equal(await session.events('call-1'), undefined)
    assert.equal(await session.watch('call-1', until), undefined)
    assert.deepEqual([...new Set(asked)], ['call'])
  })
  it('does not see what another credential of its name has placed', async () => {
    for (const [others, seen] of [
      [[], 1],
      [[{ kind: 'api-key', account: 'acme', name: 'desk', permissions }], 0],
    ] as const) {
      const { session, calls } = open(bound, others)
      const call = { ...wanted, first: { target: { kind: 'line', value: '102' } } } as const
      await calls.place({ ...call, origin: { dialect: 'native', credential: 'desk' } })
      assert.equal((await session.calls({ limit: 10 })).calls.length, seen)
    }
  })
})

describe('what is held open', () => {
  it('a wait ends when the credential is revoked, and tells nothing', async () => {
    const { session, revoke, heldAccesses } = open()
    const placed = await session.place(wanted)
    const call = 'call' in placed ? placed.call : assert.fail()
    const waiting = session.wait(call, { for: 'ended', milliseconds: 60_000 }, until)
    assert.equal(heldAccesses.size, 1)
    revoke()
    assert.equal(await waiting, undefined)
    assert.equal(heldAccesses.size, 0)
  })
  it('a wait for the own call, which shows no line of theirs and a name that two have', async () => {
    const { session, revoke } = open({ lines: ['101'] }, [
      { kind: 'api-key', account: 'acme', name: 'desk', permissions },
    ])
    const outside = { target: { kind: 'dial', value: '0298765432' } } as const
    const onBehalfOf = { account: 'acme', number: '101' }
    const placed = await session.place({ ...wanted, first: outside }, { onBehalfOf })
    const call = 'call' in placed ? placed.call : assert.fail()
    assert.equal((await session.wait(call, { for: 'accepted', milliseconds: 1 }, until))?.id, call.id)
    const waiting = session.wait(call, { for: 'ended', milliseconds: 60_000 }, until)
    revoke()
    assert.equal(await waiting, undefined)
  })
  it('a wait of whom the call is none of is none', async () => {
    const { session, calls } = open({ lines: ['102'] })
    await calls.place({ ...wanted, origin: { dialect: 'native', credential: 'crm' } })
    const call = (await calls.call(['acme'], 'call-1')) ?? assert.fail()
    assert.equal(await session.wait(call, { for: 'ended', milliseconds: 60_000 }, until), undefined)
  })
  it('a watch, and a list, know that they are over', async () => {
    const { session, calls, revoke, heldAccesses } = open()
    await calls.place({ ...wanted, origin: { dialect: 'native', credential: 'crm' } })
    const watch = (await session.watch('call-1', until)) ?? assert.fail()
    const lists = session.holdLists(until)
    assert.deepEqual([watch.signal.aborted, lists.isWithdrawn()], [false, false])
    revoke()
    assert.deepEqual([watch.signal.aborted, lists.isWithdrawn(), heldAccesses.size], [true, true, 0])
  })
  it('is released with its request', async () => {
    const { session, calls, heldAccesses } = open()
    await calls.place({ ...wanted, origin: { dialect: 'native', credential: 'crm' } })
    const watch = await session.watch('call-1', until)
    const lists = session.holdLists(until)
    assert.equal(heldAccesses.size, 2)
    watch?.release()
    lists.release()
    assert.equal(heldAccesses.size, 0)
  })
})
