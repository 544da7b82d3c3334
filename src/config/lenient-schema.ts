import { z } from 'zod'

/**
 * The same shape, for what has faults: nothing is refused, lists keep their positions, and what is wrong or missing counts as its
 * default, or as undefined where it has none. Of digits without their quotes the text is taken: they are a name all the same.
 */
export function lenientSchema(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    const inner = schema.unwrap() as z.ZodType
    if (!isGroup(inner)) return lenientValue(schema)
    if (schema instanceof z.ZodDefault) return lenientSchema(inner).default(schema.def.defaultValue)
    return schema instanceof z.ZodPrefault ? lenientSchema(inner) : lenientSchema(inner).optional()
  }
  if (schema instanceof z.ZodObject) {
    const members = Object.entries<z.ZodType>(schema.shape).map(([key, member]) => [key, lenientSchema(member)])
    const object = z.object(Object.fromEntries(members))
    return object.catch(() => object.parse({}))
  }
  if (schema instanceof z.ZodArray) {
    const element = lenientSchema(schema.element as z.ZodType)
    // A list that cannot be read holds something, of which nothing is known.
    return z.array(element).catch(() => [element.parse(undefined)])
  }
  if (schema instanceof z.ZodRecord) {
    return z.record(z.string(), lenientSchema(schema.valueType as z.ZodType)).catch({})
  }
  return lenientValue(schema)
}

const isGroup = (schema: z.ZodType): boolean =>
  schema instanceof z.ZodObject || schema instanceof z.ZodArray || schema instanceof z.ZodRecord

function lenientValue(schema: z.ZodType): z.ZodType {
  const absent = schema.safeParse(undefined).data
  return schema.catch(({ value }: { readonly value: unknown }) => (typeof value === 'number' ? String(value) : absent))
}
