/** A fault of the configuration, with its place. */
export interface ConfigFault {
  readonly line: number
  readonly column: number
  /** `accounts[0].lines[1].number`; empty where the whole file is meant. */
  readonly key: string
  /** What is wrong and what would be right; shows no value of the file, which may be a secret. */
  readonly message: string
}

/** All faults of one file, one a line: `FILE:LINE:COLUMN: KEY MESSAGE`. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[]

  constructor(file: string, faults: readonly ConfigFault[]) {
    super(
      faults
        .map(({ line, column, key, message }) => `${file}:${line}:${column}: ${key === '' ? '' : `${key} `}${message}`)
        .join('\n'),
    )
    this.name = 'ConfigError'
    this.faults = faults
  }
}
