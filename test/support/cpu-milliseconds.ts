/**
 * Processor time of this thread so far, in milliseconds: for work that must not take long, whatever else the machine does meanwhile.
 */
export function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
