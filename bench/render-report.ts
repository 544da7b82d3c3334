import { type Goal, goals, isHeld } from './goals.ts'

/** Rows of figures by name, after the machine and the commit. */
export type Report = {
  readonly machine: string
  readonly commit: string
  /** Cores that other programs kept busy just before each row. */
  readonly busyWithOthers: Readonly<Record<string, number>>
} & Readonly<Record<string, unknown>>

const widths = [8, 30, 24, 8, 8]

/** A table for people: what was measured, what it must and should be, and whether it is. */
export function renderReport({ machine, commit, busyWithOthers, ...rows }: Report): string {
  const busy = `other programs used ${render(busyWithOthers)} cores`
  const lines = [
    `${machine}, commit ${commit}; ${busy}`,
    '',
    line(['row', 'figure', 'measured', 'must', 'aim', 'held']),
  ]
  for (const [row, figures] of Object.entries(rows)) {
    for (const [figure, value] of Object.entries(figures as object)) {
      lines.push(line([row, figure, render(value), ...verdict(goals[row]?.[figure], value)]))
    }
  }
  return `${lines.join('\n')}\n`
}

function verdict(goal: Goal | undefined, value: unknown): readonly string[] {
  if (goal === undefined || typeof value !== 'number') return []
  const sign = goal.better === 'more' ? '≥' : '≤'
  const bounds = [goal.must, goal.aim].map((bound) => (bound === undefined ? '' : `${sign} ${bound}`))
  return [...bounds, describeVerdict(goal, value)]
}

function describeVerdict(goal: Goal, value: number): string {
  const [must, aim] = [goal.must, goal.aim].map((bound) => bound !== undefined && isHeld(goal, bound, value))
  if (goal.must !== undefined && must === false) return 'NO'
  if (aim === true) return 'yes, and the aim'
  return goal.must === undefined ? 'not the aim' : 'yes'
}

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join(' ')
    .trimEnd()

function render(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(3)))
  if (Array.isArray(value)) return value.map(render).join(' … ')
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, inner]) => `${name} ${render(inner)}`)
        .join(', ')
    : String(value)
}
