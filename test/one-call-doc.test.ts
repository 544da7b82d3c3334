import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { renderPage } from '../scripts/render-one-call.ts'

test('docs/one-call.md shows the state table as it is; "npm run docs" brings it up to date', () => {
  const page = readFileSync(new URL('../docs/one-call.md', import.meta.url), 'utf8')
  assert.equal(page, renderPage(page))
})
