const longestLink = 1024

/** The address of a web page, encoded as a header can carry it; undefined where the text is none. */
export function webLink(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.href.length > longestLink) return undefined
  return url.href
}
