import { readFileSync, writeFileSync } from 'node:fs'
import type { LegName } from '../src/call/call.ts'
import { type CallEffect, stateOf } from '../src/call/call-machine.ts'
import { desiredMedia } from '../src/call/desired-media.ts'
import { legEdges } from '../src/call/leg-machine.ts'
import type { Source } from '../src/call/source.ts'
import { type ExploredStep, exploreCall } from './explore-call.ts'

const file = new URL('../docs/one-call.md', import.meta.url)

/** After a redirect the parties may have changed places, and all is as it was: one of the two pictures is enough. */
const isPictured = ({ from }: ExploredStep): boolean => !('present' in from.intent) || from.intent.present === 'first'

/** A leg by what it is to the call: who is there first, or who is wanted. */
const roleOf = (leg: LegName): string => (leg === 'first' ? 'present' : 'wanted')

function inputOf({ input }: ExploredStep): string {
  if (input.type === 'redirect') return `redirect, ${roleOf(input.stays)} stays`
  if (input.type === 'act') {
    const { action, leg } = input.action
    return `${action} ${leg === 'both' ? leg : roleOf(leg)}`
  }
  return 'leg' in input ? `${roleOf(input.leg)} ${input.type.slice('leg-'.length)}` : input.type
}

const node = (state: string): string => state.replaceAll('-', '_')

function renderLeg(): readonly string[] {
  const arrows = legEdges.flatMap(({ from, input, to }) =>
    to === undefined ? [] : from.filter((phase) => phase !== to).map((phase) => `  ${phase} --> ${to}: ${input}`),
  )
  return diagram('  [*] --> idle', ...arrows, '  ended --> [*]')
}

function renderCall(steps: readonly ExploredStep[]): readonly string[] {
  const arrows = steps
    .filter(({ from, next }) => stateOf(from) !== stateOf(next))
    .map((step) => `  ${node(stateOf(step.from))} --> ${node(stateOf(step.next))}: ${inputOf(step)}`)
  return diagram('  [*] --> accepted', ...new Set(arrows), '  ended --> [*]')
}

const diagram = (...lines: readonly string[]): readonly string[] => [
  '```mermaid',
  'stateDiagram-v2',
  ...lines,
  '```',
  '',
]

function renderEffects(steps: readonly ExploredStep[]): readonly string[] {
  const rows = new Map<string, Set<string>>()
  for (const step of steps) {
    if (step.effects.length > 0 && step.from.intent.kind !== 'end') {
      addTo(rows, `${stateOf(step.from)} | ${inputOf(step)}`, step.effects.map(describeEffect).join(', '))
    }
  }
  return [
    '| state | input | what is done |',
    '|---|---|---|',
    ...[...rows].map(([key, variants]) => `| ${key} | ${[...variants].join('; or ')} |`),
    '',
  ]
}

function describeEffect(effect: CallEffect): string {
  if (effect.type === 'record') return effect.event.type
  return 'leg' in effect ? `${effect.type} ${roleOf(effect.leg)}` : effect.type
}

function renderMedia(steps: readonly ExploredStep[]): readonly string[] {
  const rows = new Map<string, Set<string>>()
  for (const { from } of steps) {
    const { first, second } = desiredMedia(from)
    addTo(rows, stateOf(from), `${describeSource(first)} | ${describeSource(second)}`)
  }
  return [
    '| state | the present party hears | the wanted party hears |',
    '|---|---|---|',
    ...[...rows].flatMap(([state, variants]) => [...variants].map((variant) => `| ${state} | ${variant} |`)),
    '',
  ]
}

function describeSource(source: Source<LegName> | undefined): string {
  if (source === undefined) return 'nothing'
  if (source.kind === 'silence') return 'silence'
  if (source.kind === 'tone') return source.tone
  if (source.kind !== 'legs') return source.kind
  const legs = source.legs.map((leg) => `the ${roleOf(leg)} party`).join(' and ')
  return source.meanwhile === undefined ? legs : `${legs}, and ${source.meanwhile.tone} until they can be heard`
}

function addTo(rows: Map<string, Set<string>>, key: string, value: string): void {
  const variants = rows.get(key) ?? new Set()
  rows.set(key, variants.add(value))
}

/** What can happen to a call, made by letting everything happen to one. */
export function renderOneCall(): string {
  const steps = exploreCall().filter(isPictured)
  return [
    '## A leg',
    '',
    ...renderLeg(),
    '## A call, by the names that its APIs show',
    '',
    '`present` is the party that is there first, `wanted` the one who is brought to it.',
    '',
    ...renderCall(steps),
    '## What is done',
    '',
    ...renderEffects(steps),
    '## Who hears what',
    '',
    ...renderMedia(steps),
  ].join('\n')
}

/** The page with what is made by today's machine in the place of what stands in it. */
export function renderPage(page: string): string {
  const start = page.indexOf('## A leg')
  return `${(start === -1 ? page : page.slice(0, start)).trimEnd()}\n\n${renderOneCall()}`
}

if (process.argv[1] === import.meta.filename) writeFileSync(file, renderPage(readFileSync(file, 'utf8')))
