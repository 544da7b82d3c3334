/** The query of a URL, without its question mark: what stands on the request line, undecoded. */
export function queryOf(url: string): string {
  const question = url.indexOf('?')
  return question === -1 ? '' : url.slice(question + 1)
}
