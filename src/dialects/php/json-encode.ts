export type PhpJson = string | number | boolean | null | readonly PhpJson[] | { readonly [name: string]: PhpJson }

/**
 * JSON as PHP's json_encode() writes it without flags: compact, `/` as `\/`, everything beyond ASCII as `\u` and four lower-case
 * hexadecimal digits (a surrogate pair beyond the basic plane).
 */
export const jsonEncode = (value: PhpJson): string =>
  JSON.stringify(value).replace(/[/\u007f-\uffff]/g, (character) =>
    character === '/'
      ? '\\/'
      : character === '\u007f'
        ? character
        : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
