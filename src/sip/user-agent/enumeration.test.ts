import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork } from '../../../test/support/test-agent.ts'
import { createDirectory } from '../../directory/create-directory.ts'
import type { DirectoryRecords } from '../../directory/records.ts'
import { silentLog } from '../../log.ts'
import { createSipLines } from '../../main/sip-lines.ts'
import { DigestServer } from '../digest/digest-server.ts'
import { Registrar } from '../registrar/registrar.ts'

const server = { host: '127.0.0.1', port: 5060 }
const methods = [
  ...['REGISTER', 'INVITE', 'SUBSCRIBE', 'OPTIONS', 'MESSAGE', 'PUBLISH', 'NOTIFY', 'REFER', 'INFO', 'BYE', 'PRACK'],
  ...['UPDATE', 'CANCEL', 'ACK', 'DANCE'],
]
/** Under a domain of the account's own, under the server's realm, under its address, and under nobody's name. */
const hosts = ['acme.example', 'cordboard', '127.0.0.1', 'elsewhere.example']

const account = (name: string, id: number, domain: string) => ({
  id,
  name,
  domain,
  country: 'AU',
  callerIds: [],
  emergencyCalls: false,
  queues: [],
  contexts: [],
  featureCodes: {},
  recordGroups: [],
  cards: [],
  webhooks: [],
})
const line = (owner: string, number: string, realms: readonly string[]) => ({
  account: owner,
  number,
  ha1: realms.map((realm) => ({ username: number, realm, md5: '0'.repeat(32), sha256: '0'.repeat(64) })),
})
const records: DirectoryRecords = {
  accounts: [account('acme', 1, 'acme.example'), account('globex', 2, 'cordboard')],
  lines: [line('acme', '101', ['acme.example', 'cordboard']), line('globex', '201', ['cordboard'])],
  credentials: [],
  trunks: [],
  ratePlans: [],
}

/** What a stranger hears, but for what is new with each answer whatever was asked for. */
const hear = async (method: string, user: string, host: string, more: readonly string[] = []): Promise<string[]> => {
  const { clock, network, random, createAgent } = createTestNetwork()
  const { agent } = await createAgent(server.port)
  const digest = new DigestServer({ clock, random })
  const lines = createSipLines(createDirectory(records), 'cordboard')
  const registrar = new Registrar({ clock, log: silentLog, digest, lines })
  agent.onRegister = (request, source) => registrar.handle(request, source)
  const stranger = new ScriptedPeer(network, 6000)
  stranger.request(
    `${method} sip:${user}@${host}`,
    [
      'Via: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bKstranger;rport',
      `From: <sip:${user}@${host}>;tag=stranger`,
      `To: <sip:${user}@${host}>`,
      'Call-ID: enumeration',
      `CSeq: 1 ${method}`,
      'Contact: <sip:x@127.0.0.1:6000>',
      ...more,
    ],
    server,
  )
  await clock.advance(40_000)
  return stranger.received.map(({ text }) =>
    text.replaceAll(user, 'USER').replaceAll(/(tag|nonce)="?[0-9a-f]+/g, '$1='),
  )
}

describe('a stranger cannot tell a line that exists from one that does not', () => {
  for (const method of methods) {
    for (const host of hosts) {
      it(`${method} under ${host}`, async () => {
        const absent = await hear(method, '999', host)
        for (const number of ['101', '201']) assert.deepEqual(await hear(method, number, host), absent)
        assert.equal(absent.length, method === 'ACK' ? 0 : 1)
      })
    }
  }

  for (const host of hosts) {
    it(`REGISTER under ${host} with a made-up password`, async () => {
      const credentials = (user: string) => [
        `Authorization: Digest username="${user}", realm="${host}", nonce="${'0'.repeat(60)}", uri="sip:${host}", ` +
          `response="${'0'.repeat(32)}", algorithm=MD5`,
      ]
      const absent = await hear('REGISTER', '999', host, credentials('999'))
      for (const number of ['101', '201']) {
        assert.deepEqual(await hear('REGISTER', number, host, credentials(number)), absent)
      }
    })
  }
})
