import type { ClientOrigin } from '../access/caller.ts'
import type { Config } from '../config/config-schema.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { createEnswitchDialect } from '../dialects/enswitch/routes.ts'
import { myapiDialect } from '../dialects/myapi/routes.ts'
import { nativeDialect } from '../dialects/native/native.ts'
import { spectronicsDialect } from '../dialects/spectronics/routes.ts'
import { while1Dialect } from '../dialects/while1/routes.ts'
import { mayBeUsedFrom } from '../policy/decide-origin.ts'

const createDialects = (config: Config['dialects']): Readonly<Record<keyof Config['dialects'], Dialect>> => ({
  native: nativeDialect,
  myapi: myapiDialect,
  enswitch: createEnswitchDialect(config.enswitch.prefixes),
  while1: while1Dialect,
  spectronics: spectronicsDialect,
})

export interface ChosenDialects {
  readonly dialects: readonly Dialect[]
  isServed(dialect: string, from: ClientOrigin): boolean
}

/** The dialects that the configuration leaves on, and to whom each is there. */
export function chooseDialects(config: Config['dialects']): ChosenDialects {
  const settings = new Map(Object.entries(config))
  const all: readonly Dialect[] = Object.values(createDialects(config))
  return {
    dialects: all.filter(({ name }) => settings.get(name)?.enabled === true),
    isServed: (dialect, from) => mayBeUsedFrom(settings.get(dialect) ?? {}, from),
  }
}
