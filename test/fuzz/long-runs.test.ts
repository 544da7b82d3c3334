import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createHttpFront, keys, userPassword } from '../support/http-front.ts'

/** Each of these begins or ends something for one parser or another. */
const fillers = [' ', '\n', '\r\n', '\t', '\0', '/', '%', '%2', '+', '=', '=+', '&', ';', '[', ']', '[]', '{', '"', "'"]
fillers.push('\\', '<', '>', ',', ':', '-', '.', '0', 'a', 'é', '--x', '\r\n--x\r\n', 'a=b;', '; name=')

const form = 'application/x-www-form-urlencoded'
const targets = [
  ['/calls/initiate', form, `key=${keys.all}&destination=1&origin=`],
  ['/calls/initiate', 'text/plain', ''],
  ['/calls/initiate', 'application/json', `{"key":"${keys.all}","origin":"`],
  ['/calls/initiate', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="key"\r\n\r\n'],
  ['/api/json/calls/make', form, `auth_username=alice@acme;auth_password=${userPassword};snumber=1;callerid1=`],
  ['/api/json/calls/make', form, `auth_username=alice@acme;auth_password=${userPassword};cnumber=`],
  ['/api/json/calls/make', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition:'],
  ['/api/originate-call', form, 'data[external_id]=1&data[vars]['],
  ['/api/originate-call', 'application/json', '{"data":{"caller_id":"'],
  ['/api/0.9.3/call', form, `auth=${keys.all}&extension=101&source=101&destination=`],
  ['/api/0.9.3/call', form, `auth=${keys.all}&extension=101&destination=102&cidname=`],
  ['/v1/calls', 'application/json', '{"first":{"line":"'],
] as const

/** Linear work on 64 KiB takes a few milliseconds, quadratic work seconds. */
const allowedMilliseconds = 500

it('no run of characters, however long, holds up the server', async () => {
  const front = await createHttpFront({ keepLog: false })
  const slow: string[] = []
  for (const [url, type, before] of targets) {
    for (const filler of fillers) {
      for (const [start, end] of [
        ['', ''],
        ['', 'a'],
        ['a', 'é"}'],
      ] as const) {
        const room = 65_000 - Buffer.byteLength(before + start + end)
        const payload = before + start + filler.repeat(Math.floor(room / Buffer.byteLength(filler))) + end
        const headers = { 'content-type': type, authorization: `Bearer ${keys.all}` }
        const { user, system } = process.cpuUsage()
        await front.app.inject({ method: 'POST', url, headers, payload })
        const used = process.cpuUsage()
        const milliseconds = (used.user + used.system - user - system) / 1000
        if (milliseconds > allowedMilliseconds) {
          slow.push(`${url} ${type}: ${JSON.stringify(`${start}${filler}…${end}`)} ${Math.round(milliseconds)} ms`)
        }
      }
    }
  }
  await front.app.close()
  assert.deepEqual(slow, [])
})
