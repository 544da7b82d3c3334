import fc from 'fast-check'
import { runSeed } from './run-seed.ts'

// Loaded by `npm test` ahead of every test file.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: runSeed })
