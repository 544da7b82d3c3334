// Runs on Node 20 and newer, before anything is installed: brings the dependencies and, where the installed Node is too old to
// run TypeScript directly, a private Node; then runs the program with it.
import { ensureDependencies, ensureNode, fail, run } from './set-up.mjs'

try {
  await ensureDependencies()
  await run(await ensureNode(), process.argv.slice(2))
} catch (error) {
  fail(error)
}
