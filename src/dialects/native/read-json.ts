/** A JSON body, or why it cannot be read. `__proto__` and its kin become no prototype: JSON.parse makes own properties of them. */
export function readJson(body: unknown): { readonly value: unknown } | { readonly fault: string } {
  if (!Buffer.isBuffer(body) || body.length === 0) return { fault: 'The body is empty; send a JSON object.' }
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) }
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message.replace(/[^\x20-\x7e]/g, '?') : 'it is not UTF-8'
    return { fault: `The body is not JSON: ${reason}` }
  }
}
