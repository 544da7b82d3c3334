import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml'

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
  readonly #document: Document
  readonly syntaxFaults: readonly SyntaxFault[]

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines })
    this.syntaxFaults = this.#document.errors.map((error) => ({
      ...this.#at(error.pos[0]),
      // The library repeats the place and shows the line; the place is ours to say.
      message: (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''),
    }))
  }

  /** The plain value. Throws on what no configuration needs: endless aliases. */
  value(): unknown {
    return this.#document.toJS({ maxAliasCount: 100 }) ?? {}
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

/** `accounts[0].lines[1].number` */
export const renderPath = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )
