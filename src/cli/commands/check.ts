import { Command } from 'commander'
import type { Config } from '../../config/config-schema.ts'
import { ConfigError, loadConfig, loadConfigHere } from '../../config/load-config.ts'
import { withExamples } from '../examples.ts'
import { exitCodes } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

interface CheckOptions {
  readonly json?: boolean
  readonly forAnotherMachine?: boolean
}

export const checkCommand = (terminal: Terminal, exit: (code: number) => void): Command =>
  withExamples(
    new Command('check'),
    'cordboard check cordboard.yaml',
    'cordboard check --for-another-machine cordboard.yaml',
  )
    .description('check a configuration file; every fault with its line')
    .argument('<file>', 'configuration file')
    .option('--json', 'print JSON')
    .option('--for-another-machine', 'do not ask whether this machine has the addresses that the file names')
    .action(async (file: string, { json, forAnotherMachine }: CheckOptions) => {
      try {
        const load = forAnotherMachine === true ? loadConfig : loadConfigHere
        const counts = countContent(await load(file, terminal.environment))
        const { accounts, lines, trunks } = counts
        const text = `${file} is sound: ${some(accounts, 'account')}, ${some(lines, 'line')}, ${some(trunks, 'trunk')}.`
        terminal.print(json === true ? JSON.stringify({ file, sound: true, ...counts }) : text)
      } catch (error) {
        if (json !== true || !(error instanceof ConfigError)) throw error
        terminal.print(JSON.stringify({ file, sound: false, faults: error.faults }))
        exit(exitCodes.refused)
      }
    })

const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const countContent = ({ accounts, trunks }: Config) => ({
  accounts: accounts.length,
  lines: accounts.reduce((count, account) => count + account.lines.length, 0),
  trunks: trunks.length,
})
