import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import {
  createTransactionBench,
  nothingLeft,
  requestOf,
  testDestination,
  testRequest,
} from '../../../test/support/transaction-bench.ts'
import { silentLog } from '../../log.ts'
import { createResponse } from '../message/create-response.ts'
import type { Destination } from '../transport/destination.ts'
import { TransportError } from '../transport/transport-error.ts'
import type { TransactionRoom } from './arrived-request.ts'
import { TransactionLayer } from './transaction-layer.ts'

const ignore = { onResponse() {}, onTimeout() {}, onTransportError() {} }

describe('RFC 3261 section 17.1.3: matching responses to client transactions', () => {
  it('section 8.1.1.7: the Via has our address and a fresh branch with the magic cookie, and asks for rport (RFC 3581)', () => {
    const { transport, send } = createTransactionBench()
    const first = send('OPTIONS')
    const second = send('OPTIONS')
    assert.notEqual(first.branch, second.branch)
    assert.match(first.branch, /^z9hG4bK[0-9a-f]{24}$/)
    assert.equal(
      transport.sent[0]?.message.headers.get('Via'),
      `SIP/2.0/UDP 192.0.2.1:5060;branch=${first.branch};rport`,
    )
  })

  it('a response matches by branch and CSeq method', () => {
    const { layer, heard, answer } = createTransactionBench()
    const names: string[] = []
    const listen = (name: string) => ({ ...ignore, onResponse: () => void names.push(name) })
    const invite = layer.sendRequest(testRequest('INVITE'), testDestination(), listen('INVITE'), { branch: 'z9hG4bKx' })
    answer(invite, 180)
    const cancel = layer.sendRequest(testRequest('CANCEL'), testDestination(), listen('CANCEL'), { branch: 'z9hG4bKx' })
    answer(cancel, 200)
    answer(invite, 487)
    assert.deepEqual(names, ['INVITE', 'CANCEL', 'INVITE'])
    assert.deepEqual(heard, [])
  })

  it('a response that matches nothing is a stray', () => {
    const { transport, heard } = createTransactionBench()
    transport.receive([
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKgone',
      'From: <sip:a@b>;tag=1',
      'To: <sip:c@d>;tag=2',
      'Call-ID: x',
      'CSeq: 1 INVITE',
    ])
    assert.deepEqual(heard, ['stray 200'])
  })

  it('section 9.1: a CANCEL goes where its INVITE went, with the same Via', async () => {
    const { clock, transport, layer } = createTransactionBench()
    transport.resolution = Promise.resolve({ ...testDestination(), host: '192.0.2.77' })
    const destination = { ...testDestination(), host: 'sip.example.com' }
    layer.sendRequest(testRequest('INVITE'), destination, ignore, { branch: 'z9hG4bKx' })
    await clock.advance(0)
    transport.resolution = undefined
    layer.sendRequest(testRequest('CANCEL'), destination, ignore, { branch: 'z9hG4bKx' })
    const [invite, cancel] = transport.sent
    assert.equal(cancel?.destination.host, '192.0.2.77')
    assert.equal(cancel?.message.headers.get('Via'), invite?.message.headers.get('Via'))
  })
})

describe('RFC 3263: a destination that is a name', () => {
  it('starts the transaction once the address is known', async () => {
    const { clock, transport, send, answer, heard } = createTransactionBench()
    transport.resolution = Promise.resolve({ ...testDestination(), host: '192.0.2.77' })
    const transaction = send('INVITE')
    answer(transaction, 200)
    assert.deepEqual(transport.names, [])
    await clock.advance(0)
    assert.equal(transport.sent[0]?.destination.host, '192.0.2.77')
    assert.deepEqual(heard, [], 'a response to what was never sent is forged')
  })

  it('without an address it is a transport error', async () => {
    const { clock, transport, layer, send, heard } = createTransactionBench()
    transport.resolution = Promise.reject(new TransportError('unresolved', 'no such name'))
    send('INVITE')
    await clock.advance(0)
    assert.deepEqual(heard, ['transport error'])
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('terminated meanwhile, it is never sent', async () => {
    const { clock, transport, layer, send, heard } = createTransactionBench()
    transport.resolution = Promise.resolve(testDestination())
    send('INVITE').terminate()
    await clock.advance(40_000)
    assert.deepEqual([transport.names, heard], [[], []])
    assert.deepEqual(layer.counts(), nothingLeft)
  })
})

describe('RFC 3261 section 18.1.1: a request of more than 1300 octets', () => {
  const large = () => testRequest('INVITE', [['Subject', 'x'.repeat(1300)]])
  const connection: Destination = { ...testDestination('tcp'), flow: 'tcp:1' }

  it('goes over a connection where one can be made, and says so in its Via', async () => {
    const { clock, transport, layer } = createTransactionBench()
    transport.alternative = connection
    layer.sendRequest(large(), testDestination(), ignore)
    await clock.advance(2000)
    assert.equal(transport.timeline, '0 INVITE')
    assert.equal(transport.sent[0]?.destination, connection)
    assert.match(transport.sent[0]?.message.headers.get('Via') ?? '', /^SIP\/2\.0\/TCP /)
    assert.equal(transport.sent[0]?.message.headers.getAll('Via').length, 1)
  })

  it('goes by UDP where none can', async () => {
    const { clock, transport, layer } = createTransactionBench()
    transport.alternative = testDestination()
    layer.sendRequest(large(), testDestination(), ignore)
    await clock.advance(600)
    assert.equal(transport.timeline, '0 INVITE, 500 INVITE')
    assert.match(transport.sent[0]?.message.headers.get('Via') ?? '', /^SIP\/2\.0\/UDP /)
  })

  it('a smaller one is not asked about', () => {
    const { transport, send } = createTransactionBench()
    transport.alternative = connection
    send('INVITE')
    assert.equal(transport.sent[0]?.destination.protocol, 'udp')
  })
})

describe('RFC 3261 section 17.2.3: matching requests to server transactions', () => {
  it('by branch, sent-by and method', () => {
    const { heard, request, transport } = createTransactionBench()
    request('OPTIONS', { branch: 'z9hG4bK1', toTag: 'd' })
    request('OPTIONS', { branch: 'z9hG4bK1', toTag: 'd' })
    request('OPTIONS', { branch: 'z9hG4bK2', toTag: 'd' })
    request('BYE', { branch: 'z9hG4bK1', toTag: 'd' })
    // The same branch of another client.
    transport.receive([
      'OPTIONS sip:alice@192.0.2.1 SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1',
      'From: <sip:bob@192.0.2.2>;tag=p',
      'To: <sip:alice@192.0.2.1>;tag=d',
      'Call-ID: call-2',
      'CSeq: 7 OPTIONS',
    ])
    assert.deepEqual(heard, ['OPTIONS', 'OPTIONS', 'BYE', 'OPTIONS'])
  })

  it('of an RFC 2543 element by Request-URI, tags, Call-ID, CSeq and Via; its ACK by the To tag of our response', () => {
    const { heard, served, request, transport } = createTransactionBench()
    request('INVITE', { branch: 'old' })
    request('INVITE', { branch: 'old' })
    assert.deepEqual(heard, ['INVITE'])
    const [transaction] = served
    assert.ok(transaction)
    transaction.respond(createResponse(requestOf(transaction), 486, undefined, { toTag: 'ours' }))
    request('ACK', { branch: 'old', toTag: 'other' })
    assert.equal(transaction.state, 'completed')
    request('ACK', { branch: 'old', toTag: 'ours' })
    assert.equal(transaction.state, 'confirmed')
    assert.deepEqual(heard, ['INVITE', 'ACK'])
    assert.deepEqual(transport.names, ['486'])
  })

  it('an ACK that matches nothing is that of a 2xx', () => {
    const { heard, request } = createTransactionBench()
    request('ACK', { branch: 'z9hG4bKack', toTag: 'ours' })
    assert.deepEqual(heard, ['ACK'])
  })

  it('section 8.2.2.2: the same request by another way gets 482 while the first lives, and no longer', async () => {
    const { clock, heard, served, request, transport, layer } = createTransactionBench()
    request('OPTIONS', { branch: 'z9hG4bK1' })
    request('OPTIONS', { branch: 'z9hG4bK2' })
    assert.deepEqual(heard, ['OPTIONS'])
    assert.deepEqual(transport.names, ['482'])
    served[0]?.respond(createResponse(requestOf(served[0]), 200))
    await clock.advance(32_000)
    assert.deepEqual(layer.counts(), nothingLeft)
    request('OPTIONS', { branch: 'z9hG4bK3' })
    assert.deepEqual(heard, ['OPTIONS', 'OPTIONS'])
  })

  it('section 8.2.2.2: within a dialog nothing is merged', () => {
    const { heard, request } = createTransactionBench()
    request('OPTIONS', { branch: 'z9hG4bK1', toTag: 'd' })
    request('OPTIONS', { branch: 'z9hG4bK2', toTag: 'd' })
    assert.deepEqual(heard, ['OPTIONS', 'OPTIONS'])
  })
})

describe('the transaction user', () => {
  it('that throws is answered for with 500', () => {
    const { layer, transport, request } = createTransactionBench()
    layer.onRequest = () => {
      throw new Error('mistake')
    }
    request('OPTIONS')
    assert.deepEqual(transport.names, ['500'])
  })

  it('that is not there is answered for with 503', () => {
    const { layer, transport, request } = createTransactionBench()
    layer.onRequest = undefined
    request('OPTIONS')
    assert.deepEqual(transport.names, ['503'])
  })

  it('sends the ACK of a 2xx with a branch of its own, and repeats it to the octet', () => {
    const { layer, transport } = createTransactionBench()
    const sent = layer.sendAck2xx(testRequest('ACK'), testDestination())
    layer.repeatAck2xx(sent)
    assert.deepEqual(transport.names, ['ACK', 'ACK'])
    assert.equal(transport.sent[0]?.text, transport.sent[1]?.text)
    assert.match(transport.sent[0]?.message.via.branch ?? '', /^z9hG4bK/)
    assert.deepEqual(layer.counts(), nothingLeft)
  })
})

describe('RFC 3261 section 8.2.7: an answer without a transaction', () => {
  const setUp = () => {
    const bench = createTransactionBench()
    bench.layer.onRequest = (arrived) => arrived.answer(createResponse(arrived.request, 480))
    return bench
  }

  it('leaves nothing behind, and a repetition gets the same, tag and all', () => {
    const { clock, layer, transport, request } = setUp()
    request('INVITE')
    request('INVITE')
    assert.deepEqual(transport.names, ['480', '480'])
    assert.equal(transport.sent[0]?.text, transport.sent[1]?.text)
    assert.match(transport.sent[0]?.message.toTag ?? '', /^[0-9a-f]{16}$/)
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('another request gets another tag', () => {
    const { transport, request } = setUp()
    request('INVITE', { branch: 'z9hG4bK1' })
    request('INVITE', { branch: 'z9hG4bK2' })
    assert.notEqual(transport.sent[0]?.message.toTag, transport.sent[1]?.message.toTag)
  })

  for (const [what, toTag, wanted] of [
    ['that matches nothing gets 481', undefined, '481'],
    ['within a dialog, too', 'x', '481'],
  ] as const) {
    it(`a CANCEL ${what}, and is not kept`, () => {
      const { layer, transport, request } = setUp()
      request('CANCEL', { ...(toTag !== undefined && { toTag }) })
      assert.deepEqual(transport.names, [wanted])
      assert.deepEqual(layer.counts(), nothingLeft)
    })
  }

  it('RFC 4475 section 3.2.1: the cookie alone is no branch; two such requests are told apart', () => {
    const { served, request, transport } = createTransactionBench()
    request('OPTIONS', { branch: 'z9hG4bK', toTag: 'd' })
    transport.receive([
      'OPTIONS sip:alice@192.0.2.1 SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK',
      'From: <sip:bob@192.0.2.2>;tag=p',
      'To: <sip:alice@192.0.2.1>;tag=d',
      'Call-ID: another-call',
      'CSeq: 7 OPTIONS',
    ])
    assert.equal(served.length, 2)
  })
})

describe('bounds', () => {
  it('a request that finds no room gets 503 with Retry-After; strangers fill half, registrations three quarters', () => {
    const { clock, transport, request } = createTransactionBench()
    const random = createSeededRandom(1)
    const layer = new TransactionLayer({ transport, clock, random, log: silentLog, maximumServerTransactions: 4 })
    let branches = 0
    const ask = (room: TransactionRoom): void => {
      layer.onRequest = (arrived) => void arrived.begin(room)
      request('OPTIONS', { branch: `z9hG4bK${branches++}`, toTag: 't' })
    }
    const kept = (): number => layer.counts().serverTransactions
    for (let asked = 0; asked < 5; asked++) ask('stranger')
    assert.equal(kept(), 2)
    for (let asked = 0; asked < 5; asked++) ask('registration')
    assert.equal(kept(), 3)
    for (let asked = 0; asked < 5; asked++) ask('dialog')
    assert.equal(kept(), 4)
    assert.deepEqual(transport.names, Array<string>(11).fill('503'))
    assert.equal(transport.sent[0]?.message.headers.get('Retry-After'), '5')
  })

  it('close leaves nothing behind', async () => {
    const { clock, layer, heard, send, request } = createTransactionBench()
    send('INVITE')
    send('OPTIONS')
    request('INVITE')
    layer.close()
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
    await clock.advance(40_000)
    assert.deepEqual(heard, ['INVITE'])
  })
})
