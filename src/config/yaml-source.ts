import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLParseError,
} from 'yaml'

/** A place in the configuration, as zod names it: keys and positions in lists. */
export type Path = readonly (string | number)[]

export interface Position {
  readonly line: number
  readonly column: number
}

export interface SyntaxFault extends Position {
  readonly message: string
}

/** A YAML text that knows where everything in it stands. */
export class YamlSource {
  readonly #lines = new LineCounter()
  readonly #text: string
  readonly #document: Document
  readonly syntaxFaults: readonly SyntaxFault[]

  constructor(text: string) {
    this.#text = text
    this.#document = parseDocument(text, { lineCounter: this.#lines })
    this.syntaxFaults = withoutConsequences(this.#document.errors).map((error) => ({
      ...this.#at(error.pos[0]),
      // The library repeats the place and shows the line; the place is ours to say.
      message:
        unquotedVariableAt(text, error.pos[0]) ??
        (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''),
    }))
  }

  /** The plain value. Throws on what no configuration needs: endless aliases. */
  value(): unknown {
    return this.#document.toJS({ maxAliasCount: 100 }) ?? {}
  }

  /** The text with other values at some places. Where there are any, its spacing may change too. */
  textWith(changes: readonly { readonly path: Path; readonly value: string }[]): string {
    if (changes.length === 0) return this.#text
    const changed = this.#document.clone() as Document
    // Nothing can be changed below an alias: in its place stands what it means.
    visit(changed, { Alias: (_key, alias) => alias.resolve(changed)?.clone() as Node | undefined })
    for (const { path, value } of changes) changed.setIn(path, value)
    return changed.toString({ lineWidth: 0 })
  }

  has(path: Path): boolean {
    return this.#document.hasIn(path)
  }

  /** Where the value stands, or what should hold it where it is missing. */
  positionOf(path: Path): Position {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return this.#at(node.range[0])
    }
    return { line: 1, column: 1 }
  }

  /** Where the key itself stands. */
  positionOfKey(path: Path): Position {
    const parent = this.#document.getIn(path.slice(0, -1), true) ?? this.#document.contents
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
      : undefined
    const key = pair?.key as Node | undefined
    return key?.range ? this.#at(key.range[0]) : this.positionOf(path)
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset)
    return { line, column: col }
  }
}

/** After the first word that cannot stand where it is, the parser finds fault with every word that follows. */
function withoutConsequences(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const first = errors.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN')
  return first < 0 ? errors : errors.slice(0, first + 1)
}

/** Within `{ … }` and `[ … ]`, a brace that follows a dollar sign ends the text before it. */
function unquotedVariableAt(text: string, offset: number): string | undefined {
  const variable = /^\$\{\w*\}?/.exec(text.slice(Math.max(0, offset - 1), offset + 100))?.[0]
  return variable === undefined ? undefined : `${variable} needs quotes here: "${variable}"`
}

/** `accounts[0].lines[1].number` */
export const renderPath = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )
