import { systemRandom } from '../src/random.ts'
import { parseMessage } from '../src/sip/message/parse-message.ts'
import { serializeMessage } from '../src/sip/message/serialize-message.ts'
import { middle } from './middle.ts'

export interface ParserFigures {
  /** Octets of the INVITE. */
  readonly octets: number
  /** Parsed, with Via, From, To, Call-ID, CSeq and Contact read. */
  readonly parseMicroseconds: number
  /** The limit beside it: the head as a string, cut at line ends and colons, and nothing understood. */
  readonly headerSplitMicroseconds: number
  readonly serializeMicroseconds: number
}

/** An INVITE of 1.3 kB as a desk phone sends it through a proxy. */
export const createInvite = (): Buffer => {
  const body = [
    'v=0',
    'o=alice 2890844526 2890844526 IN IP4 192.0.2.10',
    's=-',
    'c=IN IP4 192.0.2.10',
    't=0 0',
    'm=audio 11780 RTP/AVP 8 0 9 101',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n')
  const head = [
    'INVITE sip:+61255501000@sip.example.com;user=phone SIP/2.0',
    `Via: SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bK${systemRandom.token(16)};rport`,
    `Via: SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK-${systemRandom.token(16)};rport=5062;received=203.0.113.7`,
    'Max-Forwards: 69',
    'Record-Route: <sip:198.51.100.20;lr;ftag=as6f2a8c11>',
    `From: "Alice Example" <sip:101@sip.example.com>;tag=${systemRandom.token(10)}`,
    'To: <sip:+61255501000@sip.example.com;user=phone>',
    `Call-ID: ${systemRandom.token(32)}@192.0.2.10`,
    'CSeq: 102 INVITE',
    'Contact: "Alice" <sip:101@192.0.2.10:5062;transport=udp;ob>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-001565a0e128>"',
    'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, NOTIFY, REFER, UPDATE, PRACK, SUBSCRIBE, MESSAGE',
    'Supported: replaces, timer, path, outbound, 100rel',
    'Allow-Events: talk, hold, conference, refer, check-sync',
    'Session-Expires: 1800;refresher=uac',
    'P-Asserted-Identity: <sip:101@sip.example.com>',
    'User-Agent: Desk Phone T48S 66.86.0.15',
    'Content-Type: application/sdp',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ].join('\r\n')
  return Buffer.from(`${head}\r\n\r\n${body}`)
}

const invites = 64
const batch = 2000
const warmUps = 20
const rounds = 40

/** How long the parser takes for an INVITE; medians of batches, so that one pause of the collector does not count. */
export const benchParser = async (): Promise<ParserFigures> => {
  const datagrams = Array.from({ length: invites }, createInvite)
  const messages = datagrams.map(parseMessage)
  const [parse, split, serialize] = await measure([
    (index) => touch(datagrams[index % invites] as Buffer),
    (index) => splitHeaders(datagrams[index % invites] as Buffer),
    (index) => serializeMessage(messages[index % invites] as (typeof messages)[number]).length,
  ])
  return {
    octets: (datagrams[0] as Buffer).length,
    parseMicroseconds: parse as number,
    headerSplitMicroseconds: split as number,
    serializeMicroseconds: serialize as number,
  }
}

/** What every INVITE is asked for on its way through transport, transaction and dialog. */
const touch = (datagram: Buffer): number => {
  const message = parseMessage(datagram)
  const { via, from, to, callId, cseq, contacts } = message
  return (via.branch ?? '').length + from.uri.length + to.uri.length + callId.length + cseq.number + contacts.length
}

const splitHeaders = (datagram: Buffer): number => {
  const text = datagram.toString('latin1', 0, datagram.indexOf('\r\n\r\n'))
  const fields: string[] = []
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    fields.push(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return fields.length
}

/** Takes turns between the tasks, so that what else the machine does falls on all of them alike. */
const measure = async (tasks: readonly ((index: number) => number)[]): Promise<number[]> => {
  const times = tasks.map((): number[] => [])
  let sink = 0
  for (let round = 0; round < warmUps + rounds; round++) {
    for (const [position, task] of tasks.entries()) {
      const started = performance.now()
      for (let index = 0; index < batch; index++) sink += task(index)
      if (round >= warmUps) times[position]?.push(((performance.now() - started) * 1000) / batch)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (sink === 0) throw new Error('the parser read nothing')
  return times.map(middle)
}
