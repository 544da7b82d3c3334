/** RFC 9112 section 3.2.2: a server takes the absolute form too, as a proxy would send it. */
const absoluteForm = /^https?:\/\/[^/?#]*/i

/**
 * Doubled and trailing slashes of the path are the client's habit, not its meaning (`/api/json//calls/make/`); the query stays
 * as it is.
 */
export function rewriteUrl(sent: string): string {
  const url = sent.startsWith('/') ? sent : rooted(sent.replace(absoluteForm, ''))
  const question = url.indexOf('?')
  const path = decodable(question === -1 ? url : url.slice(0, question))
  if (!path.includes('//') && (path.length <= 1 || !path.endsWith('/')))
    return question === -1 ? path : path + url.slice(question)
  const single = path.replace(/\/{2,}/g, '/')
  const bare = single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single
  return question === -1 ? bare : bare + url.slice(question)
}

const rooted = (url: string): string => (url.startsWith('/') ? url : `/${url}`)

/** A path whose percent signs encode nothing is taken as it stands, and found nowhere, by the dialect that it belongs to. */
function decodable(path: string): string {
  if (!path.includes('%')) return path
  try {
    decodeURIComponent(path)
    return path
  } catch {
    return path.replaceAll('%', '%25')
  }
}
