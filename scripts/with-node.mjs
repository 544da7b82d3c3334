// with-node.mjs SCRIPT ARGUMENTS…: sets up what is missing, then runs the script by a Node that can.
import { ensureDependencies, ensureNode, fail, run } from './set-up.mjs'

let node
try {
  node = await ensureNode()
  await ensureDependencies()
} catch (error) {
  fail(error)
}
if (node !== undefined) await run(node, process.argv.slice(2))
