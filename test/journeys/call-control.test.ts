import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { systemRandom } from '../../src/random.ts'
import { createResponse } from '../../src/sip/message/create-response.ts'
import { TransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import { TransportLayer } from '../../src/sip/transport/transport-layer.ts'
import type { IncomingInvite } from '../../src/sip/user-agent/incoming-invite.ts'
import type { InviteHandler } from '../../src/sip/user-agent/invite-options.ts'
import { directionOf } from '../../src/sip/user-agent/media-direction.ts'
import type { Session } from '../../src/sip/user-agent/session.ts'
import type { SessionHandler } from '../../src/sip/user-agent/session-handler.ts'
import type { TransferAsked } from '../../src/sip/user-agent/transfer-asked.ts'
import { UserAgent } from '../../src/sip/user-agent/user-agent.ts'
import { Baresip } from '../peers/baresip.ts'
import { requirePeer } from '../support/peers.ts'

// The SIP stack alone and a real phone, without the rooms that play something to who waits: what each says of hold and transfer.

const host = '127.0.0.1'
const milliseconds = 8000
let version = 0

/** Of a stream that nobody sends to. */
const description = (direction = 'sendrecv'): string => {
  const lines = ['v=0', `o=- 1 ${++version} IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0']
  return `${[...lines, 'm=audio 4000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', `a=${direction}`].join('\r\n')}\r\n`
}

/** What comes one after the other, for whoever waits for the next. */
class Arrivals<Item> {
  readonly #items: Item[] = []
  #waiting: ((item: Item) => void) | undefined

  readonly add = (item: Item): void => {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#items.push(item)
    else waiting(item)
  }

  /** The next one; rejects where none comes in time. */
  next(): Promise<Item> {
    const item = this.#items.shift()
    if (item !== undefined) return Promise.resolve(item)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing came')), milliseconds)
      this.#waiting = (arrived) => {
        clearTimeout(timer)
        resolve(arrived)
      }
    })
  }
}

/** A call of our user agent to a baresip that has answered it. */
const callPhone = async (t: TestContext) => {
  const common = { clock: systemClock, random: systemRandom, log: silentLog }
  const transport = new TransportLayer(common)
  const { port } = await transport.listen({ protocol: 'udp', host, port: 0 })
  const transactions = new TransactionLayer({ ...common, transport })
  const agent = new UserAgent({ ...common, transactions, transport, userAgentHeader: 'Test/1', transfers: true })
  t.after(async () => {
    agent.close()
    transactions.close()
    await transport.close()
  })
  const contacts = new Arrivals<string>()
  agent.onRegister = (request) => {
    const contact = request.headers.get('Contact') ?? ''
    contacts.add(/<([^>]*)>/.exec(contact)?.[1] ?? '')
    return createResponse(request, 200, 'OK', { headers: [['Contact', `${contact};expires=60`]] })
  }
  const invites = new Arrivals<IncomingInvite>()
  agent.onInvite = invites.add
  const phone = await Baresip.start({ number: '101', secret: 'none', registrarPort: port, frequency: 600 })
  t.after(() => phone.stop())
  const uri = await contacts.next()
  const holds = new Arrivals<string>()
  const transfers = new Arrivals<TransferAsked>()
  const ends = new Arrivals<string>()
  const handler: SessionHandler = {
    onOffer: (offer) => description(directionOf(offer) === 'sendonly' ? 'recvonly' : 'sendrecv'),
    onHeld: (direction) => holds.add(`held ${direction}`),
    onResumed: (direction) => holds.add(`resumed ${direction}`),
    onTransferAsked: transfers.add,
    onEnded: ends.add,
  }
  const session = await new Promise<Session>((resolve, reject) => {
    const calling: InviteHandler = {
      ...handler,
      onAnswered: (_response, dialog) => resolve(invite.acknowledge(dialog) as Session),
      onFailed: ({ status, reason }) => reject(new Error(`${status} ${reason}`)),
    }
    const invite = agent.invite(
      {
        uri,
        destination: { protocol: 'udp', host, port: Number(/:(\d+)/.exec(uri.replace(/^sip:/, ''))?.[1]) },
        from: { uri: `sip:us@${host}:${port}`, params: new Map() },
        to: { uri: `sip:101@${host}`, params: new Map() },
        body: { type: 'application/sdp', content: description() },
      },
      calling,
    )
  })
  return { agent, port, phone, session, holds, transfers, ends, invites }
}

test('a phone holds us and takes us back, and we hold it', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const { phone, session, holds } = await callPhone(t)
  await phone.command('hold')
  assert.equal(await holds.next(), 'held sendonly')
  await phone.command('resume')
  assert.equal(await holds.next(), 'resumed sendrecv')
  const held = await session.hold(description)
  assert.ok(held.status === 'answered', JSON.stringify(held))
  assert.equal(directionOf(held.answer), 'recvonly')
  const resumed = await session.resume(description)
  assert.ok(resumed.status === 'answered', JSON.stringify(resumed))
  assert.equal(directionOf(resumed.answer), 'sendrecv')
  assert.equal(session.ended, false)
  await session.bye()
})

test('a phone asks to be transferred, is told how it goes, and hangs up', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const { port, phone, transfers, ends } = await callPhone(t)
  await phone.command('transfer', `sip:carol@${host}:${port}`)
  const transfer = await transfers.next()
  assert.equal(transfer.target.to.uri, `sip:carol@${host}:${port}`)
  transfer.accept()
  transfer.progress(180)
  transfer.progress(200)
  assert.equal(await ends.next(), 'remote', 'it knows that it was transferred')
})

test('a phone whose transfer is refused is told why', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const { port, phone, transfers } = await callPhone(t)
  await phone.command('transfer', `sip:carol@${host}:${port}`)
  ;(await transfers.next()).refuse(603)
  await phone.sees(/transfer failed: 603 Decline/)
})

test('a phone whose transfer reaches nobody is told so', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const { port, phone, transfers } = await callPhone(t)
  await phone.command('transfer', `sip:carol@${host}:${port}`)
  const transfer = await transfers.next()
  transfer.accept()
  transfer.progress(486)
  await phone.sees(/transfer fail[a-z]*: 486 Busy Here/)
})

test('a phone calls whom we refer it to, and says that it has', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const { port, session, invites } = await callPhone(t)
  const outcome = session.refer({ to: { uri: `sip:carol@${host}:${port}`, params: new Map() } })
  const invite = await invites.next()
  assert.match(invite.request.uri, /^sip:carol@/)
  const carol = invite.accept({ type: 'application/sdp', content: description() })
  assert.deepEqual(await outcome, { status: 'transferred', code: 200 })
  await Promise.all([carol?.bye(), session.bye()])
})
