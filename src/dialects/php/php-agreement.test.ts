import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { phpJson, phpQuery } from '../../../test/support/php-inputs.ts'
import { type ByteString, bytesOf, bytesOfText, octetsOf } from './byte-string.ts'
import { formatFloat } from './format-float.ts'
import { httpBuildQuery } from './http-build-query.ts'
import { jsonEncode } from './json-encode.ts'
import { mergeArrays } from './merge-arrays.ts'
import { parseJson } from './parse-json.ts'
import { parseQuery } from './parse-query.ts'
import type { PhpInput } from './php-input.ts'

const missing = spawnSync('php', ['-v']).error !== undefined
// Where every peer is promised, a missing one must not look like a pass.
const skip = missing && process.env['CI'] !== 'true' ? 'php is not installed' : false
const runs = Number(process.env['CORDBOARD_RUNS'] ?? 2000)

/** Runs one PHP expression over every input `$in`, in one process; octets in, octets out. */
function php(expression: string, inputs: readonly ByteString[]): ByteString[] {
  const script = `while (($line = fgets(STDIN)) !== false) { $in = base64_decode(trim($line)); echo base64_encode(${expression}), "\\n"; }`
  const flags = ['-n', '-d', 'display_errors=0', '-d', 'precision=14', '-d', 'serialize_precision=-1']
  const lines = inputs.map((input) => `${octetsOf(input).toString('base64')}\n`).join('')
  const run = spawnSync('php', [...flags, '-r', script], { input: lines, maxBuffer: 1 << 30, timeout: 300_000 })
  assert.equal(run.status, 0, String(run.error ?? run.stderr))
  return run.stdout
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => bytesOf(Buffer.from(line, 'base64')))
}

function agree(inputs: readonly ByteString[], expression: string, ours: (input: ByteString) => ByteString): void {
  const theirs = php(expression, inputs)
  assert.equal(theirs.length, inputs.length)
  inputs.forEach((input, index) => {
    assert.equal(ours(input), theirs[index], `input ${JSON.stringify(input)}`)
  })
}

const rebuilt = (input: PhpInput): ByteString => ('fault' in input ? input.fault : httpBuildQuery(input.values))

const parsedAndBuilt = '(function ($q) { parse_str($q, $r); return http_build_query($r); })($in)'

const valuesOf = (input: PhpInput) => ('values' in input ? input.values : assert.fail(input.fault))

describe('real PHP agrees', { skip }, () => {
  it('on any query, parsed and built again', () => {
    agree(fc.sample(phpQuery, runs), parsedAndBuilt, (input) => rebuilt(parseQuery(input)))
  })

  it('on any nested array, built by PHP as its clients do, and parsed', () => {
    const forms = php('http_build_query(json_decode($in, true))', fc.sample(phpJson, runs))
    assert.ok(forms.filter((form) => form.includes('%5D=')).length > runs / 10)
    agree(forms, parsedAndBuilt, (form) => rebuilt(parseQuery(form)))
  })

  it('on any query and body, merged', () => {
    const inputs = fc.sample(fc.tuple(phpQuery, phpQuery), runs).map(([get, post]) => `${get}\n${post}`)
    const merged =
      '(function ($in) { [$g, $p] = explode("\\n", $in, 2); parse_str($g, $get); parse_str($p, $post);' +
      ' return http_build_query(array_replace_recursive($get, $post)); })($in)'
    agree(
      inputs.filter((input) => input.split('\n').length === 2),
      merged,
      (input) => {
        const [get = '', post = ''] = input.split('\n')
        return rebuilt({ values: mergeArrays(valuesOf(parseQuery(get)), valuesOf(parseQuery(post))) })
      },
    )
  })

  it('on any JSON, decoded and built into a query', () => {
    const stringified = fc
      .oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()))
      .map(JSON.stringify)
    const inputs = fc.sample(fc.oneof(phpJson, stringified.map(bytesOfText)), runs)
    agree(inputs, 'http_build_query(json_decode($in, true))', (input) => rebuilt(parseJson(input)))
  })

  it('on which mutated JSON is none', () => {
    const mutated = fc.tuple(
      phpJson,
      fc.nat(),
      fc.constantFrom('', ',', '"', '\\', '0', '-', 'e', ' ', '\x01', '\xff', '{', ']'),
    )
    const inputs = fc.sample(mutated, runs).map(([bytes, at, piece]) => {
      const cut = at % (bytes.length + 1)
      return bytes.slice(0, cut) + piece + bytes.slice(cut + 1)
    })
    agree(inputs, 'is_array(json_decode($in, true, 512)) ? "read" : "malformed"', (input) => {
      const read = parseJson(input)
      return 'values' in read ? 'read' : read.fault
    })
  })

  it('on how a float is written', () => {
    const floats = fc.sample(
      fc.oneof(fc.double({ noNaN: true }), fc.double({ min: -1e16, max: 1e16, noNaN: true })),
      runs,
    )
    floats.push(1e14, 1e15, 1e16, 1e17, 0.0001, 0.00001, -0, 10.5, 1000000000000.25, 1000000000000.75, 5e-324)
    const inputs = floats.map((value) => (Object.is(value, -0) ? '-0.0' : String(value)))
    const value = '($in === "-0.0" ? -0.0 : ($in === "Infinity" ? INF : ($in === "-Infinity" ? -INF : (float) $in)))'
    agree(inputs, `(string) ${value}`, (input) => formatFloat(Number(input), 14, 'E'))
    const finite = inputs.filter((input) => !input.includes('Infinity'))
    agree(finite, `json_encode(${value})`, (input) => formatFloat(Number(input), 'shortest', 'e'))
  })

  it('on how a string is written as JSON', () => {
    const texts = fc.sample(fc.string({ unit: 'binary' }), runs)
    agree(texts.map(bytesOfText), 'json_encode($in)', (input) => jsonEncode(octetsOf(input).toString('utf8')))
  })
})
