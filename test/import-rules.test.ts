import assert from 'node:assert/strict'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkImports, findImports } from './support/check-imports.ts'
import {
  allowedImports,
  forbiddenFiles,
  roomsWithoutTypeCircles,
  roomsWithVendorWords,
  typesOnly,
  vendorWords,
} from './support/import-rules.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

test('the rooms of src/ import only what they may, without circles; vendor words stay in the dialects', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object }
  const packages = Object.keys(dependencies)
  const words = { vendorWords, roomsWithVendorWords }
  const rules = { allowedImports, typesOnly, forbiddenFiles, roomsWithoutTypeCircles, packages, ...words }
  const breaches = checkImports(join(root, 'src'), rules)
  assert.deepEqual(breaches, [])
})

test('the rules themselves allow no circle', () => {
  const reached = (room: string, seen = new Set<string>()): Set<string> => {
    for (const next of allowedImports[room] ?? []) if (!seen.has(next)) reached(next, seen.add(next))
    return seen
  }
  for (const room of Object.keys(allowedImports)) assert.ok(!reached(room).has(room), `${room} reaches itself`)
})

const breachesOf = (t: TestContext, tree: Readonly<Record<string, string>>): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'import-rules-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [file, source] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), source)
  }
  return checkImports(folder, {
    allowedImports: { call: [], store: ['call'], http: ['call', 'store'], main: ['http', 'store'] },
    typesOnly: { http: { store: ['store/store.ts'] } },
    forbiddenFiles: { http: ['call/inner.ts'] },
    roomsWithoutTypeCircles: ['store'],
    vendorWords: ['while1'],
    roomsWithVendorWords: ['main'],
    packages: ['fastify', '@fastify/formbody'],
  })
}

const sound = {
  'call/call.ts': 'export const call = 1\n',
  'store/store.ts': "import { call } from '../call/call.ts'\nexport const store = call\n",
  'main.ts':
    "import fastify from 'fastify'\nimport { readFileSync } from 'node:fs'\nexport { store } from './store/store.ts'\n",
}

const trees: readonly (readonly [name: string, tree: Readonly<Record<string, string>>, expected: readonly string[]])[] =
  [
    ['a tree that keeps the rules', sound, []],
    [
      'a forbidden arrow',
      { ...sound, 'call/bad.ts': "import type { store } from '../store/store.ts'\n" },
      [
        'call/bad.ts: call may not import store (../store/store.ts)',
        'rooms import each other in a circle: call → store → call',
      ],
    ],
    [
      'a forbidden arrow by dynamic import, over several lines',
      { ...sound, 'store/bad.ts': "export const later = () =>\n  import(\n    '../http/http.ts'\n  )\n" },
      ['store/bad.ts: store may not import http (../http/http.ts)'],
    ],
    [
      'a circle of files within a room',
      {
        'call/a.ts': "import { b } from './b.ts'\nexport const a = b\n",
        'call/b.ts': "import {\n  a,\n} from './a.ts'\nexport const b = () => a\n",
      },
      ['files import each other in a circle: call/a.ts → call/b.ts → call/a.ts'],
    ],
    [
      'the types that a room may see of another',
      { ...sound, 'http/http.ts': "import type { store } from '../store/store.ts'\n" },
      [],
    ],
    [
      'more than the types, and the types of another file',
      {
        ...sound,
        'store/inner.ts': 'export type Inner = 1\n',
        'http/a.ts': "import { store } from '../store/store.ts'\n",
        'http/b.ts': "import type { Inner } from '../store/inner.ts'\n",
      },
      [
        'http/a.ts: http may import only types from store, and not all (../store/store.ts)',
        'http/b.ts: http may import only types from store, and not all (../store/inner.ts)',
      ],
    ],
    [
      'a file that is kept from a room, by its type',
      {
        ...sound,
        'call/inner.ts': 'export type Inner = 1\n',
        'http/a.ts': "import type { Inner } from '../call/inner.ts'\n",
      },
      ['http/a.ts: http may not import call/inner.ts'],
    ],
    [
      'two files that know only the types of each other, where even these go one way',
      {
        'store/a.ts': "import type { B } from './b.ts'\nexport type A = B | 1\n",
        'store/b.ts': "import type { A } from './a.ts'\nexport type B = A[]\n",
      },
      ['files import each other in a circle: store/a.ts → store/b.ts → store/a.ts'],
    ],
    [
      'two files that know only the types of each other',
      {
        'call/a.ts': "import type { B } from './b.ts'\nexport type A = B | 1\n",
        'call/b.ts': "import type { A } from './a.ts'\nexport type B = A[]\n",
      },
      [],
    ],
    ['tests may import what they like', { ...sound, 'call/a.test.ts': "import '../store/store.ts'\n" }, []],
    [
      'a package that is no dependency',
      { 'main.ts': "import fc from 'fast-check'\n" },
      ['main.ts: "fast-check" is no dependency'],
    ],
    [
      'test support in the program',
      { 'main.ts': "import '../test/support/virtual-clock.ts'\n" },
      ['main.ts: imports ../test/support/virtual-clock.ts, outside of the program'],
    ],
    [
      'a room without a rule',
      { 'novel/a.ts': 'export const a = 1\n' },
      ['novel/a.ts: the room "novel" has no rule; add it to the import rules'],
    ],
    [
      'a vendor word outside the dialects',
      { 'main.ts': '// While1\n', 'call/a.ts': 'export const a = 1\nexport const while1Project = 2\n' },
      ['call/a.ts:2: the vendor\'s word "while1" belongs into its dialect'],
    ],
  ]
for (const [name, tree, expected] of trees) {
  test(`import rules: ${name}`, (t) => assert.deepEqual(breachesOf(t, tree), expected))
}

test('every form of import is found', () => {
  const source = `import a from 'a'
import b, { type c } from 'b'
import * as d from 'd'
import type { e } from 'e'
export * from 'f'
export type { g } from 'g'
import 'h'
const i = await import('i')
const j = new Worker(new URL('./j.ts', import.meta.url))
// import k from 'k'
`
  assert.deepEqual(
    findImports(source).map(({ specifier, typeOnly }) => `${specifier}${typeOnly ? ' (type)' : ''}`),
    ['a', 'b', 'd', 'e (type)', 'f', 'g (type)', 'h', 'i', './j.ts'],
  )
})

test('tests draw chance from the seed of the run: whatever fails can be repeated', () => {
  const otherSource = /\bMath\.random\b|\brandom(Int|Bytes|UUID|Fill\w*)\(|\bgetRandomValues\b/
  const files = globSync(['src/**/*.test.ts', 'test/**/*.ts'], { cwd: root })
  const breaches = files.filter((file) => otherSource.test(readFileSync(join(root, file), 'utf8'))).sort()
  assert.deepEqual(breaches, ['test/support/run-seed.ts'])
})
