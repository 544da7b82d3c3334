import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchCalls } from './calls.ts'
import { growHistory } from './grow-history.ts'
import { middle } from './middle.ts'

export interface HistoryFigures {
  /** Processor time of a call beside the history, over the same beside nothing. */
  readonly costRatio: number
  readonly perCpuSecond: number
  readonly perCpuSecondEmpty: number
  readonly calls: number
  readonly lines: number
  readonly accounts: number
}

const calls = 1_000_000
const accounts = 10_000
const linesEach = 10
const turns = 3

/** Whether a call costs more where a million calls, a hundred thousand lines and ten thousand accounts are kept. */
export const benchHistory = async (): Promise<HistoryFigures> => {
  const data = mkdtempSync(join(tmpdir(), 'cordboard-bench-'))
  try {
    const large = { data, moreAccounts: accountsText() }
    await benchCalls({ data, rounds: 1 })
    const held = growHistory(join(data, 'cordboard.db'), calls)
    const full: number[] = []
    const empty: number[] = []
    for (let turn = 0; turn < turns; turn++) {
      full.push((await benchCalls(large)).perCpuSecond)
      empty.push((await benchCalls()).perCpuSecond)
    }
    const [perCpuSecond, perCpuSecondEmpty] = [middle(full), middle(empty)]
    const costRatio = perCpuSecondEmpty / perCpuSecond
    return { costRatio, perCpuSecond, perCpuSecondEmpty, calls: held, lines: accounts * linesEach, accounts }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

const accountsText = (): string =>
  Array.from({ length: accounts }, (_, account) => {
    const lines = Array.from({ length: linesEach }, (_, line) => `{ number: "${200 + line}", secret: secret-${line} }`)
    return `  - { name: account-${account}, country: AU, lines: [${lines.join(', ')}] }`
  }).join('\n')
