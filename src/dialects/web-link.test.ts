import assert from 'node:assert/strict'
import { it } from 'node:test'
import { webLink } from './web-link.ts'

for (const [text, link] of [
  ['https://crm.example/?id=1;2,3#a', 'https://crm.example/?id=1;2,3#a'],
  ['http://crm.example', 'http://crm.example/'],
  ['https://crm.example/ä b?<c>"d"#<e>"f"', 'https://crm.example/%C3%A4%20b?%3Cc%3E%22d%22#%3Ce%3E%22f%22'],
  ['https://crm.example/a\r\nX: y', 'https://crm.example/aX:%20y'],
  ['https://[YOUR-EXTERNAL-CRM-URL]/?change_this_url=1234', undefined],
  ['javascript:alert(1)', undefined],
  ['crm.example/1', undefined],
  [`https://crm.example/${'a'.repeat(1024)}`, undefined],
  ['', undefined],
] as const) {
  it(`${JSON.stringify(text.slice(0, 60))}: ${link ?? 'none'}`, () => assert.equal(webLink(text), link))
}
