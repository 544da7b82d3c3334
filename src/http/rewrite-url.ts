/**
 * Doubled and trailing slashes of the path are the client's habit, not its meaning (`/api/json//calls/make/`); the query stays
 * as it is.
 */
export function rewriteUrl(url: string): string {
  const question = url.indexOf('?')
  const path = question === -1 ? url : url.slice(0, question)
  if (!path.includes('//') && (path.length <= 1 || !path.endsWith('/'))) return url
  const single = path.replace(/\/{2,}/g, '/')
  const bare = single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single
  return question === -1 ? bare : bare + url.slice(question)
}
