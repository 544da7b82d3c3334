import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { bytesOfText, octetsOf } from './byte-string.ts'
import { httpBuildQuery } from './http-build-query.ts'
import { parseJson } from './parse-json.ts'
import { parseQuery } from './parse-query.ts'
import type { PhpInput } from './php-input.ts'

interface Golden {
  readonly json: readonly { readonly in: string; readonly query: string }[]
  readonly form: readonly { readonly in: string; readonly query: string }[]
  readonly vendor: readonly { readonly key: string; readonly hash: string; readonly body: string }[]
}

const golden = JSON.parse(
  readFileSync(new URL('fixtures/http_build_query.golden.json', import.meta.url), 'utf8'),
) as Golden

const built = (input: PhpInput): string => ('fault' in input ? assert.fail(input.fault) : httpBuildQuery(input.values))

describe('http_build_query of a JSON body', () => {
  for (const { in: body, query } of golden.json) {
    it(body, () => assert.equal(built(parseJson(bytesOfText(body))), query))
  }
})

describe('http_build_query of a form', () => {
  for (const { in: form, query } of golden.form) {
    it(JSON.stringify(form), () => assert.equal(built(parseQuery(form)), query))
  }
})

describe("the vendor's own hashes", () => {
  for (const { key, hash, body } of golden.vendor) {
    it(hash, () => {
      const hashed = octetsOf(built(parseJson(bytesOfText(body))) + key)
      assert.equal(createHash('md5').update(hashed).digest('hex'), hash)
    })
  }
})
