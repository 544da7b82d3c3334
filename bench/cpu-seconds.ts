import { readFileSync } from 'node:fs'

/** `sysconf(_SC_CLK_TCK)`, which is 100 wherever Linux runs Node. */
const ticksPerSecond = 100

/** Processor time of a process so far, all its threads, user and system, in seconds. */
export function cpuSeconds(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the program's name, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}
