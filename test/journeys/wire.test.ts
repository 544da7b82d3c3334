import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { Capture } from '../peers/capture.ts'
import { reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'

const messageFields = [
  ...(['udp.srcport', 'sip.Method', 'sip.Status-Code', 'sip.CSeq.method', 'sip.Via', 'sip.From', 'sip.To'] as const),
  ...(['sip.Call-ID', 'sip.CSeq', 'sip.Max-Forwards', 'sip.Contact', 'sdp.media'] as const),
] as const
const packetFields = ['udp.srcport', 'udp.dstport', 'rtp.p_type', 'rtp.ssrc', 'rtp.seq', 'rtp.setup-method'] as const

test('the wire of one call, as tshark reads it', async (t) => {
  if (!requirePeer(t, 'baresip') || !requirePeer(t, 'tshark')) return
  const server = await startTestServer(t)
  const registrarPort = sipPort(server)
  const capture = await Capture.start(`udp port ${registrarPort} or udp portrange ${server.config.media.ports}`)
  if (capture === undefined) {
    assert.notEqual(process.getuid?.(), 0, 'root may listen')
    return t.skip('this user may not listen on loopback (tshark needs root, or the group wireshark)')
  }
  const [first, second] = await Promise.all([
    Baresip.start({ ...line('101'), registrarPort, frequency: 600 }),
    // It knows one codec only, and not the one that the first prefers.
    Baresip.start({ ...line('102'), registrarPort, frequency: 900, codecs: ['PCMU'], answerMode: 'manual' }),
  ])
  t.after(() => Promise.all([first.stop(), second.stop(), capture.stop()]))
  await Promise.all([first.registers(), second.registers()])
  const { body } = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '102' } })
  await second.sees(/Incoming call/)
  await new Promise((resolve) => setTimeout(resolve, 500))
  await second.command('accept')
  await reaches(server, body.id, 'bridged')
  await new Promise((resolve) => setTimeout(resolve, 2000))
  await first.command('hangup')
  await reaches(server, body.id, 'ended')
  const strayPort = await sendMalformed(registrarPort)
  await new Promise((resolve) => setTimeout(resolve, 500))
  await capture.stop()

  const messages = await capture.read({ sipPort: registrarPort, filter: 'sip' }, messageFields)
  const ownMessages = messages.filter((message) => message['udp.srcport'][0] !== String(strayPort))
  const media = new Map(ownMessages.flatMap((message) => message['sdp.media'].map(parseMedia)))

  await t.test('tshark has nothing to say of any packet but the one that was malformed on purpose', async () => {
    const ports = [...media.keys(), registrarPort].flatMap((port) => [port, port + 1]).join(',')
    const filter = `(_ws.expert or _ws.malformed) and udp.port in {${ports}}`
    const fields = ['udp.srcport', '_ws.expert.message', '_ws.malformed'] as const
    const remarks = await capture.read({ sipPort: registrarPort, filter }, fields)
    assert.deepEqual(
      remarks.map((remark) => remark['udp.srcport']),
      [[String(strayPort)]],
      JSON.stringify(remarks),
    )
  })

  await t.test('each message has what RFC 3261 section 8.1.1 wants, once', () => {
    for (const message of ownMessages) {
      const isRequest = message['sip.Method'].length > 0
      const wanted = ['sip.Via', 'sip.From', 'sip.To', 'sip.Call-ID', 'sip.CSeq'] as const
      for (const field of isRequest ? [...wanted, 'sip.Max-Forwards' as const] : wanted) {
        assert.equal(message[field].length, 1, `${field} of ${JSON.stringify(message)}`)
      }
      if (message['sip.Method'][0] === 'INVITE') assert.equal(message['sip.Contact'].length, 1)
    }
  })

  await t.test('each leg goes from INVITE to BYE, in order', () => {
    const legs = Map.groupBy(ownMessages, (message) => message['sip.Call-ID'][0])
    const stories = [...legs.values()].map(tell).filter((story) => story.startsWith('INVITE'))
    assert.deepEqual(stories, [
      'INVITE, 180 INVITE, 200 INVITE, ACK, BYE, 200 BYE',
      'INVITE, 180 INVITE, 200 INVITE, ACK, BYE, 200 BYE',
    ])
  })

  await t.test(
    'RTP goes where the SDP says, in a payload type that the receiver asked for, without a gap',
    async () => {
      const packets = await capture.read({ sipPort: registrarPort, filter: 'rtp' }, packetFields)
      const isOurs = ({ 'udp.dstport': [port] }: (typeof packets)[number]) => media.has(Number(port))
      const streams = Map.groupBy(packets.filter(isOurs), (packet) => packet['udp.dstport'][0])
      assert.equal(streams.size, 4, 'both legs, both ways')
      for (const [port, stream] of streams) {
        const asked = media.get(Number(port)) ?? []
        const types = new Set(stream.map((packet) => packet['rtp.p_type'][0] ?? ''))
        assert.ok(stream.length > 80, `${stream.length} packets to ${port}`)
        assert.ok(
          [...types].every((type) => asked.includes(type)),
          `${[...types]} to ${port}, which asked for ${asked}`,
        )
        assert.ok(stream.every((packet) => packet['rtp.setup-method'][0] === 'SDP'))
        assert.equal(new Set(stream.map((packet) => packet['rtp.ssrc'][0])).size, 1, 'one source (RFC 3550 section 8)')
        const sequence = stream.map((packet) => Number(packet['rtp.seq'][0]))
        assert.ok(
          sequence.every((number, index) => index === 0 || number === (Number(sequence[index - 1]) + 1) % 65_536),
          `to ${port}: ${sequence}`,
        )
      }
    },
  )
})

const line = (number: string) => ({ number, secret: `s3cret-${number}` })

/** `audio 31300 RTP/AVP 8 0 101` */
function parseMedia(text: string): [port: number, payloadTypes: readonly string[]] {
  const [, port = '', , ...payloadTypes] = text.split(' ')
  return [Number(port), payloadTypes]
}

/** What happened on a leg; repetitions and 100 (Trying) left out. */
function tell(messages: readonly Readonly<Record<string, readonly string[]>>[]): string {
  const kinds = messages.map((message) =>
    [message['sip.Status-Code']?.[0], message['sip.CSeq.method']?.[0]].filter((part) => part !== undefined).join(' '),
  )
  return [...new Set(kinds)].filter((kind) => !kind.startsWith('100')).join(', ')
}

/** An ACK, which nobody answers, from a port that no host has; returns the port that it came from. */
async function sendMalformed(registrarPort: number): Promise<number> {
  const socket = createSocket('udp4')
  const request = ['ACK sip:nobody SIP/2.0', 'Via: SIP/2.0/UDP 127.0.0.1:99999999;branch=z9hG4bKstray', '', '']
  await new Promise((resolve) => socket.send(request.join('\r\n'), registrarPort, '127.0.0.1', resolve))
  const { port } = socket.address()
  socket.close()
  return port
}
