import { randomInt } from 'node:crypto'

/**
 * Everything random in a test comes from this. `npm test` prints it, and `CORDBOARD_SEED=123 npm test -- FILE` repeats a run with it;
 * what the machine does beside a test remains its own.
 */
export const runSeed = Number(process.env['CORDBOARD_SEED'] ?? randomInt(2 ** 31))
