import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { Sipp } from '../peers/sipp.ts'
import { scenario } from '../peers/sipp-scenario.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'

const register = (sequence: number, more = ''): string => `<send><![CDATA[
REGISTER sip:[remote_ip] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
From: <sip:[field0]@[remote_ip]>;tag=[call_number]
To: <sip:[field0]@[remote_ip]>
Call-ID: [call_id]
CSeq: ${sequence} REGISTER
Contact: <sip:[field0]@[local_ip]:[local_port]>
${more}Expires: 600
Content-Length: 0

]]></send>`

/** Refused from the beginning, or challenged and then refused or told to come later; a 200 fails the scenario. */
const guess = scenario(
  'guess',
  register(1),
  '<recv response="403" optional="true" next="9"/>',
  '<recv response="401" auth="true"/>',
  register(2, '[field1]\n'),
  '<recv response="503" optional="true" next="9"/>',
  '<recv response="403"/>',
  '<label id="9"/>',
)

/** Not even challenged. */
const shutOut = scenario('shut out', register(1), '<recv response="403"/>')

test('who guesses SIP passwords is slowed down and shut out; phones elsewhere register on meanwhile', async (t) => {
  if (!requirePeer(t, 'baresip') || !requirePeer(t, 'sipp')) return
  const directory = mkdtempSync(join(tmpdir(), 'guesses-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const guesses = join(directory, 'guesses.csv')
  // Lines that exist, and those that do not; the right password of 101 among its wrong ones, too late.
  const users = Array.from({ length: 60 }, (_, index) => String(90 + index))
  const lines = users.flatMap((user) =>
    ['guess-1', 'guess-2'].map((password) => `${user};[authentication username=${user} password=${password}]`),
  )
  lines.push('101;[authentication username=101 password=s3cret-101]')
  writeFileSync(guesses, `SEQUENTIAL\n${lines.join('\n')}\n`)

  const server = await startTestServer(t)
  const registrarPort = sipPort(server)
  const target = `127.0.0.1:${registrarPort}`
  const args = ['-i', '127.0.0.2', '-inf', guesses, '-r', '200']
  const phone = async (number: string) => {
    const started = await Baresip.start({ number, secret: `s3cret-${number}`, registrarPort, frequency: 600 })
    t.after(() => started.stop())
    await started.registers()
  }
  await phone('101')
  const guesser = await Sipp.start({ scenario: guess, target, calls: 1210, args })
  await phone('102')
  const result = await guesser.finished()
  assert.equal(result.successful, 1210)

  const last = await Sipp.start({ scenario: shutOut, target, calls: 1, args })
  await last.finished()
  await phone('103')
  const { phones } = (await api(server, 'GET', '/v1/phones')).body
  assert.deepEqual(phones.map(({ line }: { line: string }) => line).sort(), ['101', '102', '103'])
  assert.ok(phones.every(({ contact }: { contact: string }) => contact.includes('127.0.0.1')))
})
