import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

export interface ImportRules {
  readonly allowedImports: Readonly<Record<string, readonly string[]>>
  /** By the importing room and the imported one: these files alone, and their types alone. */
  readonly typesOnly?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
  /** By the importing room. */
  readonly forbiddenFiles?: Readonly<Record<string, readonly string[]>>
  /** Here files may not know even the types of each other in a circle. */
  readonly roomsWithoutTypeCircles?: readonly string[]
  readonly vendorWords: readonly string[]
  readonly roomsWithVendorWords: readonly string[]
  /** What the program may import from node_modules. */
  readonly packages: readonly string[]
}

interface Import {
  readonly specifier: string
  /** `import type`: nothing of it is left when the program runs. */
  readonly typeOnly: boolean
}

// The forms that Biome's formatter leaves: a statement begins its line.
const staticImport =
  /^(?:import|export)\s+(type\s+)?(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*(?:\{[^}]*\}|\*\s+as\s+\w+))?)\s+from\s+'([^']+)'/gm
const bareImport = /^import\s+'([^']+)'/gm
const dynamicImport = /\bimport\(\s*'([^']+)'\s*\)/g
const workerFile = /\bnew URL\(\s*'([^']+\.ts)'\s*,\s*import\.meta\.url\s*\)/g

/** What a TypeScript source imports, in whatever way. */
export function findImports(source: string): readonly Import[] {
  const statics = [...source.matchAll(staticImport)].map(([, type, specifier]) => ({
    specifier: specifier ?? '',
    typeOnly: type !== undefined,
  }))
  const others = [bareImport, dynamicImport, workerFile].flatMap((pattern) =>
    [...source.matchAll(pattern)].map(([, specifier]) => ({ specifier: specifier ?? '', typeOnly: false })),
  )
  return [...statics, ...others]
}

/** Every breach of the rules in the sources under `folder`, in words; none if it keeps them. Tests may import what they like. */
export function checkImports(folder: string, rules: ImportRules): readonly string[] {
  const files = globSync('**/*.ts', { cwd: folder })
    .filter((file) => !file.endsWith('.test.ts'))
    .sort()
  const breaches: string[] = []
  const rooms = new Map<string, Set<string>>()
  const knowing = new Map<string, Set<string>>()
  for (const file of files) {
    const room = roomOf(file)
    const source = readFileSync(join(folder, file), 'utf8')
    const allowed = rules.allowedImports[room]
    if (allowed === undefined) breaches.push(`${file}: the room "${room}" has no rule; add it to the import rules`)
    breaches.push(...findVendorWords(file, room, source, rules))
    for (const { specifier, typeOnly } of findImports(source)) {
      if (!specifier.startsWith('.')) {
        const name = packageOf(specifier)
        if (name !== undefined && !rules.packages.includes(name)) breaches.push(`${file}: "${name}" is no dependency`)
        continue
      }
      const target = relative(folder, join(folder, dirname(file), specifier))
      if (target.startsWith('..')) {
        breaches.push(`${file}: imports ${specifier}, outside of the program`)
        continue
      }
      const targetRoom = roomOf(target)
      if (!typeOnly || rules.roomsWithoutTypeCircles?.includes(room)) addArrow(knowing, file, target)
      if (targetRoom === room) continue
      const shown = rules.typesOnly?.[room]?.[targetRoom]
      if (shown !== undefined && !(typeOnly && shown.includes(target))) {
        breaches.push(`${file}: ${room} may import only types from ${targetRoom}, and not all (${specifier})`)
      }
      if (rules.forbiddenFiles?.[room]?.includes(target)) breaches.push(`${file}: ${room} may not import ${target}`)
      addArrow(rooms, room, targetRoom)
      if (allowed?.includes(targetRoom) === false) {
        breaches.push(`${file}: ${room} may not import ${targetRoom} (${specifier})`)
      }
    }
  }
  for (const cycle of findCycles(rooms)) breaches.push(`rooms import each other in a circle: ${cycle.join(' → ')}`)
  for (const cycle of findCycles(knowing)) breaches.push(`files import each other in a circle: ${cycle.join(' → ')}`)
  return breaches
}

/** `sip/message/uri.ts` is of the room sip, `main.ts` is a room of its own. */
const roomOf = (file: string): string => (file.split(sep)[0] ?? '').replace(/\.ts$/, '')

const packageOf = (specifier: string): string | undefined =>
  specifier.startsWith('node:') ? undefined : /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0]

function findVendorWords(file: string, room: string, source: string, rules: ImportRules): readonly string[] {
  if (rules.roomsWithVendorWords.includes(room)) return []
  return source
    .split('\n')
    .flatMap((line, index) =>
      rules.vendorWords
        .filter((word) => line.toLowerCase().includes(word))
        .map((word) => `${file}:${index + 1}: the vendor's word "${word}" belongs into its dialect`),
    )
}

function addArrow(arrows: Map<string, Set<string>>, from: string, to: string): void {
  const targets = arrows.get(from) ?? new Set()
  arrows.set(from, targets.add(to))
}

/** One cycle for every arrow that closes one, each written from its first node back to it. */
function findCycles(arrows: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const cycles: string[][] = []
  const finished = new Set<string>()
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node)
    if (start >= 0) cycles.push([...path.slice(start), node])
    if (start >= 0 || finished.has(node)) return
    for (const target of arrows.get(node) ?? []) visit(target, [...path, node])
    finished.add(node)
  }
  for (const node of arrows.keys()) visit(node, [])
  return cycles
}
