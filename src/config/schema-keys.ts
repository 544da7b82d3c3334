import { configSchema } from './config-schema.ts'
import type { Path } from './yaml-source.ts'

/** The parts of a zod schema that tell its shape; wrappers (defaults, optionals) hide them behind `unwrap`. */
interface SchemaParts {
  readonly shape?: Readonly<Record<string, unknown>>
  readonly element?: unknown
  readonly valueType?: unknown
  readonly options?: readonly unknown[]
  readonly unwrap?: () => unknown
}

/** The keys that may stand at this place of the configuration. */
export function keysAt(path: Path): readonly string[] {
  let schema: unknown = configSchema
  for (const part of path) {
    const at = partsOf(schema)
    schema = typeof part === 'number' ? at.element : (at.shape?.[part] ?? at.valueType)
  }
  return keysOf(schema)
}

const keysOf = (schema: unknown): readonly string[] => {
  const { shape, options } = partsOf(schema)
  return Object.keys(shape ?? Object.assign({}, ...(options ?? []).map((option) => partsOf(option).shape ?? {})))
}

function partsOf(schema: unknown): SchemaParts {
  let inner = (schema ?? {}) as SchemaParts
  while (typeof inner.unwrap === 'function' && inner.element === undefined) inner = inner.unwrap() as SchemaParts
  return inner
}
