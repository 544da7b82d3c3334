/**
 * The plus sign of an international number, which careless clients leave unencoded, and which would be a space in a form:
 * `cnumber=+61…`, `callerid2=Name <+61…>`, `destination=tel:+61…`.
 */
const barePlus = /(=|<|%3c|=(?:tel|callto|sips?)(?::|%3a))\+(?=[0-9])/gi

/** A query or form with those plus signs encoded. */
export const encodeBarePlus = (form: string): string => form.replace(barePlus, '$1%2B')
