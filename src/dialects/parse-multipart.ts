const boundaryPattern = /;\s*boundary=(?:"([^"]{1,70})"|([^;\s"]{1,70}))/i
const dispositionPattern = /^content-disposition:\s*form-data\b(.*)$/im
const namePattern = /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i
const filePattern = /;\s*filename\*?=/i

/**
 * The fields of a multipart form (RFC 7578), in order: what PHP's curl sends where it is given an array. Files are passed over.
 * Undefined if the Content-Type names no boundary or the body never comes to its end.
 */
export function parseMultipart(body: string, contentType: string): [name: string, value: string][] | undefined {
  const [, quoted, plain] = boundaryPattern.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) return undefined
  // RFC 2046 section 5.1.1: the line break before a delimiter belongs to the delimiter.
  const [, ...parts] = `\r\n${body}`.split(`\r\n--${boundary}`)
  const end = parts.findIndex((part) => part.startsWith('--'))
  if (end === -1) return undefined
  return parts.slice(0, end).flatMap(readPart)
}

function readPart(part: string): [string, string][] {
  const split = part.indexOf('\r\n\r\n')
  const disposition = dispositionPattern.exec(part.slice(0, Math.max(0, split)))?.[1]
  if (disposition === undefined || filePattern.test(disposition)) return []
  const [, quoted, plain] = namePattern.exec(disposition) ?? []
  // As PHP reads a quoted name: a backslash stands before a quote or itself, anywhere else for itself.
  const name = quoted?.replace(/\\(["\\])/g, '$1') ?? plain
  return name === undefined ? [] : [[name, part.slice(split + 4)]]
}
