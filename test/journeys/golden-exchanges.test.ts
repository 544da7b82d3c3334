import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { RunningServer } from '../../src/main.ts'
import { exchangeOctets } from '../support/exchange-octets.ts'
import { keys } from '../support/http-front.ts'
import { configText, startTestServer } from '../support/test-server.ts'

interface Exchange {
  readonly name: string
  readonly request: string
  /** What the front without a server behind it has to be told; a whole one shows it in its own journeys. */
  readonly given?: object
  /** The whole answer, or the one line of an API that answers no more. */
  readonly response?: string
  readonly answer?: string
}

const dialects = ['myapi', 'spectronics'] as const
const exchangesOf = (dialect: (typeof dialects)[number]): readonly Exchange[] => {
  const file = new URL(`../../src/dialects/${dialect}/fixtures/exchanges.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Exchange[]
}

const config = `${configText.split('accounts:')[0]}
accounts:
  - name: acme
    country: GB
    lines:
      - { number: "101", fullNumber: "1234101", secret: s3cret-101 }
      - { number: "102", fullNumber: "1234102", secret: s3cret-102 }
      - { number: "103", fullNumber: "1234103", secret: s3cret-103 }
    queues: [{ name: support, number: "600", members: ["101"] }]
    apiKeys:
      - { name: crm, key: ${keys.all}, permissions: [calls:place] }
      - { name: reader, key: ${keys.readOnly}, permissions: [calls:read] }
    tokens:
      - { name: web, token: ${keys.oneLine}, lines: ["101"] }
      - { name: two, token: ${keys.twoLines}, lines: ["101", "102"] }
  - name: other
    lines: [{ number: "201", fullNumber: "7654101", secret: s3cret-201 }]
demo: { phones: ["acme/101", "acme/102"], trunk: demo }
`

describe('what the fixtures of the dialects hold, a whole server answers byte for byte', () => {
  let server: RunningServer
  let port: number
  const cleanUps: (() => Promise<void>)[] = []
  before(async () => {
    server = await startTestServer({ after: (cleanUp) => cleanUps.push(cleanUp) }, '', config)
    port = Number(new URL(server.url).port)
    for (const end = Date.now() + 15_000; server.counts().registrations < 2; ) {
      assert.ok(Date.now() < end, 'the phones are not there')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  for (const dialect of dialects) {
    for (const { name, request, given, response, answer = '' } of exchangesOf(dialect)) {
      if (given !== undefined) continue
      test(`${dialect}: ${name}`, async () => {
        const received = await exchangeOctets(port, request)
        if (response === undefined) assert.equal(received.split('\r\n\r\n')[1], answer)
        else assert.equal(received, response)
      })
    }
  }
})
