import { readFileSync, writeFileSync } from 'node:fs'
import { callEdges } from '../src/call/step.ts'

const file = new URL('../docs/one-call.md', import.meta.url)

/** The state table as a Mermaid diagram and a table of effects. */
export function renderStateDiagram(): string {
  const arrows = callEdges.flatMap((edge) =>
    edge.from.map((from) => `  ${node(from)} --> ${node(edge.to)}: ${edge.input}`),
  )
  const rows = callEdges
    .filter((edge) => edge.effects.length > 0)
    .map((edge) => `| ${edge.from.join(', ')} | ${edge.input} | ${edge.effects.map(describe).join(', ')} |`)
  return [
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> accepted',
    ...arrows,
    '  ending --> ended: no leg is up',
    '  ended --> [*]',
    '```',
    '',
    '| state | input | what is done |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

const node = (state: string): string => state.replaceAll('-', '_')

const describe = (effect: { readonly type: string; readonly leg?: string }): string =>
  effect.leg === undefined ? effect.type : `${effect.type} ${effect.leg}`

/** The page with the diagram of today in the place of the one in it. */
export function renderPage(page: string): string {
  const start = page.indexOf('```mermaid')
  return `${(start === -1 ? page : page.slice(0, start)).trimEnd()}\n\n${renderStateDiagram()}`
}

if (process.argv[1] === import.meta.filename) writeFileSync(file, renderPage(readFileSync(file, 'utf8')))
