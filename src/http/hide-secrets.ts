/** What the names of credentials hold in one dialect or another; a name too many hidden is better than one too few. */
const secretName = /key|token|pass|pwd|secret|auth|hash/i

/**
 * A name and its value. An unencoded value may hold anything but what separates pairs (`auth_password=a/b=c#d`); what separates
 * them and begins no other pair is of the value too (`auth_password=a;b`). A client may have encoded the whole query (`key%3Da`).
 * A name is looked for where one can begin and nowhere else, or a long URL without any would take seconds.
 */
const pair = /(?<=^|[/?&;#]|%26|%3b)((?:(?!%26|%3b|%3d)[^/?&;#=])*)(?:=|%3d)([^&;]*(?:[&;](?![^&;]*=)[^&;]*)*)/gi

/**
 * A URL fit for a log: the values of credentials show as `***`, control characters not at all. Names are decoded first, as the
 * dialects decode them (`%6bey=` is a key), and looked for in the path too, where a careless client may put them.
 */
export function hideSecrets(url: string): string {
  const shown = /=|%3d/i.test(url) ? url.replace(pair, hideValue) : url
  return shown.replace(/[\x00-\x1f\x7f]/g, '?')
}

const hideValue = (sent: string, name: string, value: string): string =>
  // A value may itself be a URL with a credential in it.
  secretName.test(decoded(name)) || secretName.test(decoded(value)) ? `${name}=***` : sent

const decoded = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
