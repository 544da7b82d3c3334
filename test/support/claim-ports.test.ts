import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { claimPorts } from './claim-ports.ts'
import { freePort, freePortPair, freeUdpPort } from './free-port.ts'

const range = (first: number, count: number): readonly number[] => Array.from({ length: count }, (_, at) => first + at)

/** Claims so many ports in a process of its own, which ends at once if told so, and prints the first of them. */
const claimElsewhere = async (count: number): Promise<number> => {
  const script = `import { claimPorts } from ${JSON.stringify(new URL('claim-ports.ts', import.meta.url).href)}
    console.log(await claimPorts(${count}))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  return Number(stdout)
}

test('no port is given twice, whatever is asked for at the same time', async () => {
  const claims = await Promise.all([claimPorts(250), claimPorts(100), claimPorts(1)])
  const singles = await Promise.all(Array.from({ length: 60 }, () => [freePort(), freeUdpPort()]).flat())
  const pairs = await Promise.all(Array.from({ length: 20 }, () => freePortPair()))
  const ports = [
    ...range(claims[0], 250),
    ...range(claims[1], 100),
    claims[2],
    ...singles,
    ...pairs.flatMap((port) => [port, port + 1]),
  ]
  assert.equal(new Set(ports).size, ports.length)
  for (const first of claims) assert.equal(first % 2, 0)
})

test('another process gets other ports, and one that has ended holds none', async () => {
  const own = new Set(range(await claimPorts(300), 300))
  const elsewhere = await Promise.all(Array.from({ length: 4 }, () => claimElsewhere(300)))
  for (const first of elsewhere) assert.ok(range(first, 300).every((port) => !own.has(port)))
})

test('a port that some other program holds is passed over', async (t) => {
  let port = await freePort()
  // Its neighbour must be of the same hundred.
  while (port % 100 === 99) port = await freePort()
  const other = createServer()
  t.after(() => other.close())
  await new Promise<void>((resolve) => other.listen(port + 1, '127.0.0.1', resolve))
  assert.equal(await freePort(), port + 2)
})
