/**
 * SIPp scenarios of the called side, step by step. Every response to the INVITE can be sent at any time, also after a CANCEL has
 * come: SIPp itself knows only the headers of the newest message. The key `contact` is the port that requests within the dialog
 * are to come to.
 */
export const scenario = (name: string, ...steps: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="${name}">\n${steps.join('\n')}\n</scenario>\n`

/** Of a stream that is received there; `[media_port]` of SIPp's own address and PCMA with events unless a test says otherwise. */
const sdpOf = (
  host = '[local_ip]',
  port: number | string = '[media_port]',
  payloadTypes = '8 101',
): readonly string[] => [
  ...['v=0', 'o=phone 1 1 IN IP4 [local_ip]', 's=-', `c=IN IP4 ${host}`, 't=0 0'],
  `m=audio ${port} RTP/AVP ${payloadTypes}`,
  ...(payloadTypes.includes('101') ? ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'] : []),
  'a=ptime:20',
]

const noteInvite = `
  <ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="sequence"/>
  <ereg regexp="&lt;(sip:[^&gt;]*)&gt;" search_in="hdr" header="Contact:" assign_to="contacts,target"/>
  <ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>
  <ereg regexp=".*" search_in="hdr" header="To:" assign_to="called"/>`

export const receiveInvite = `<recv request="INVITE"><action>${noteInvite}
</action></recv>
<Reference variables="sequence,contacts,target,caller,called"/>`

/** An INVITE whose digest credentials SIPp itself finds right; with wrong ones the scenario has failed. */
export const receiveAuthorizedInvite = (username: string, password: string): string => `<recv request="INVITE"><action>
  ${noteInvite}
  <verifyauth assign_to="isAuthorized" username="${username}" password="${password}"/>
</action></recv>
<nop next="2" test="isAuthorized"/>
<nop><action><error message="wrong credentials"/></action></nop>
<label id="2"/>`

export const receive = (request: 'ACK' | 'BYE' | 'CANCEL' | 'INVITE'): string => `<recv request="${request}"/>`

/** Waits for this response to a request of its own. */
export const receiveResponse = (status: number): string => `<recv response="${status}"/>`

/** Either of two responses to a request of its own; must be the last step of its kind. */
export const receiveOneOf = (one: number, other: number): string =>
  `<recv response="${one}" optional="true" next="1"/>\n<recv response="${other}"/>\n<label id="1"/>`

export const pause = (milliseconds: number): string => `<pause milliseconds="${milliseconds}"/>`

/** Answers what may be repeated for this long. */
export const linger = (milliseconds: number): string => `<timewait milliseconds="${milliseconds}"/>`

/** `180 Ringing` */
export const ring = respondToInvite('180 Ringing')

/** A 200 with SDP, repeated until the ACK. */
export const answer = respondToInvite('200 OK', { isRepeated: true, sdp: sdpOf() })

/** A 183 whose stream comes from there. */
export const progress = (host: string, port: number): string =>
  respondToInvite('183 Session Progress', { sdp: sdpOf(host, port) })

/** A 200 whose stream is received there, repeated until the ACK. */
export const answerFrom = (host: string, port: number): string =>
  respondToInvite('200 OK', { isRepeated: true, sdp: sdpOf(host, port) })

/** The same in other codecs than PCMA with events. */
export const answerIn = (payloadTypes: string): string =>
  respondToInvite('200 OK', { isRepeated: true, sdp: sdpOf(undefined, undefined, payloadTypes) })

/** A 200 to a re-INVITE, which was the last message to come. */
export const answerAgainIn = (payloadTypes: string): string =>
  respondToLast('200 OK', { isRepeated: true, sdp: sdpOf(undefined, undefined, payloadTypes) })

/** A final response to a re-INVITE, likewise. */
export const refuseAgain = (status: string): string => respondToLast(status, { isRepeated: true })

/** A final response such as `486 Busy Here`, repeated until the ACK. */
export const refuse = (status: string, ...headers: readonly string[]): string =>
  respondToInvite(status, { isRepeated: true, headers })

/** A 401 that asks for digest with MD5: SIPp can judge no credentials but those for a 401. */
export const challenge = respondToInvite('401 Unauthorized', {
  isRepeated: true,
  headers: ['WWW-Authenticate: Digest realm="carrier", nonce="[pid][call_number]5a4d1f", algorithm=MD5, qop="auth"'],
})

/** The 200 to a BYE or CANCEL, which was the last message to come. */
export const confirm = respondToLast('200 OK')

export const hangUp = send(requestWithin('BYE', 1), { isRepeated: true })

/** A key press by INFO, as Cisco's gateways made it; the CSeq counts within the dialog. */
export const pressByInfo = (key: string, sequence: number): string =>
  send(requestWithin('INFO', sequence), {
    isRepeated: true,
    headers: ['Content-Type: application/dtmf-relay'],
    body: [`Signal=${key}`, 'Duration=160'],
  })

/** Plays a file of raw PCMA once, without waiting for its end. */
export const playSound = (file: string): string => `<nop><action><exec rtp_stream="${file},1,8"/></action></nop>`

interface SendOptions {
  readonly isRepeated?: boolean
  readonly sdp?: readonly string[]
  /** Any other body; its type is among the headers. */
  readonly body?: readonly string[]
  readonly headers?: readonly string[]
}

function respondToInvite(status: string, options: SendOptions = {}): string {
  const head = [`SIP/2.0 ${status}`, '[last_Via:]', 'From:[$caller]', 'To:[$called];tag=[pid]-[call_number]']
  const contact = 'Contact: <sip:[local_ip]:[contact]>'
  return send([...head, '[last_Call-ID:]', 'CSeq: [$sequence] INVITE', contact], options)
}

function respondToLast(status: string, options: SendOptions = {}): string {
  const head = [`SIP/2.0 ${status}`, '[last_Via:]', '[last_From:]', '[last_To:]', '[last_Call-ID:]', '[last_CSeq:]']
  return send([...head, 'Contact: <sip:[local_ip]:[contact]>'], options)
}

function requestWithin(method: string, sequence: number): readonly string[] {
  return [
    `${method} [$target] SIP/2.0`,
    'Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]',
    'Max-Forwards: 70',
    'From:[$called];tag=[pid]-[call_number]',
    'To:[$caller]',
    'Call-ID: [call_id]',
    `CSeq: ${sequence} ${method}`,
    'Contact: <sip:[local_ip]:[contact]>',
  ]
}

function send(head: readonly string[], options: SendOptions = {}): string {
  const { isRepeated = false, sdp = [], body = sdp, headers = [] } = options
  const type = sdp.length > 0 ? ['Content-Type: application/sdp'] : []
  const rest = body.length > 0 ? [...type, 'Content-Length: [len]', '', ...body] : ['Content-Length: 0', '']
  const lines = [...head, ...headers, ...rest].map((line) => `  ${line}`).join('\n')
  return `<send${isRepeated ? ' retrans="500"' : ''}><![CDATA[\n\n${lines}\n\n]]></send>`
}
