/** Fractions from 0 up to 1, repeatable. */
export type Chance = () => number

/** What the grammar turns on; put in anywhere, it moves the borders between parts. */
const pieces = [
  '\r\n',
  '\n',
  '\r',
  '\r\n ',
  '\r\n\r\n',
  ' ',
  '\t',
  '\0',
  '"',
  '\\',
  '\\"',
  '<',
  '>',
  ';',
  ';;',
  ',',
  ',,',
  ':',
  '::',
  '=',
  '@',
  '?',
  '/',
  '%',
  '%00',
  '%0d%0a',
  '%zz',
  '[',
  ']',
  '[::1]',
  '*',
  '+',
  '-1',
  '0',
  '4294967296',
  '99999999999999999999',
  'SIP/2.0',
  'sip:',
  'sips:',
  'tel:',
  'z9hG4bK',
  ';tag=',
  ';branch=',
  'Via: ',
  'Content-Length: ',
  'l:5',
  'Contact: *',
  'INVITE',
  'é',
  '\ufeff',
  '\ud83d\ude00',
].map((text) => Buffer.from(text))

const maximumOctets = 70_000

/**
 * A message of the corpus, changed. Half of the time whole octets and lines are flipped, cut, doubled, moved, or taken from other
 * messages; half of the time the message keeps its lines, and what stands in them is changed, so that it gets further.
 */
export const mutate = (corpus: readonly Buffer[], chance: Chance): Buffer => {
  const mutated = chance() < 0.5 ? mutateOctets(corpus, chance) : mutateValues(corpus, chance)
  return chance() < 0.7 ? repairLength(mutated) : mutated
}

const mutateValues = (corpus: readonly Buffer[], chance: Chance): Buffer => {
  const below = (limit: number): number => Math.floor(chance() * limit)
  const lines = (corpus[below(corpus.length)] as Buffer).toString('latin1').split('\r\n')
  for (let changes = 1 + below(3); changes > 0; changes--) {
    const index = below(lines.length)
    const line = lines[index] as string
    const at = Math.min(line.length, line.indexOf(':') + 1 + below(line.length))
    const piece = (pieces[below(pieces.length)] as Buffer).toString('latin1').replace(/[\r\n]/g, '')
    const cut = chance() < 0.5 ? 0 : below(6)
    lines[index] = line.slice(0, at) + (chance() < 0.8 ? piece : '') + line.slice(at + cut)
  }
  return Buffer.from(lines.join('\r\n'), 'latin1')
}

const mutateOctets = (corpus: readonly Buffer[], chance: Chance): Buffer => {
  const below = (limit: number): number => Math.floor(chance() * limit)
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item
  let octets: Buffer = Buffer.from(pick(corpus))
  for (let changes = 1 + below(chance() < 0.6 ? 2 : 8); changes > 0; changes--) {
    const at = below(octets.length + 1)
    const to = Math.min(octets.length, at + 1 + below(chance() < 0.9 ? 16 : 400))
    const [before, part, after] = [octets.subarray(0, at), octets.subarray(at, to), octets.subarray(to)]
    switch (below(9)) {
      case 0:
        if (octets.length > 0) octets[Math.min(at, octets.length - 1)] = below(256)
        break
      case 1:
        octets = Buffer.concat([before, pick(pieces), part, after])
        break
      case 2:
        octets = Buffer.concat([before, pick(pieces), after])
        break
      case 3:
        octets = Buffer.concat([before, after])
        break
      case 4:
        octets = Buffer.concat([before, part, part, after])
        break
      case 5:
        if (chance() < 0.2) octets = octets.subarray(0, at)
        break
      case 6: {
        const other = pick(corpus)
        const from = below(other.length)
        octets = Buffer.concat([before, other.subarray(from, from + 1 + below(200)), after])
        break
      }
      case 7:
        octets = swapLines(octets, below)
        break
      default: {
        // Rarely very long: what takes time out of proportion shows here.
        const times = chance() < 0.02 ? 1 + below(20_000) : 1 + below(40)
        const piece = chance() < 0.5 ? pick(pieces) : part.subarray(0, 4)
        octets = Buffer.concat([before, ...Array<Buffer>(times).fill(piece), after])
      }
    }
    if (octets.length > maximumOctets) octets = octets.subarray(0, maximumOctets)
  }
  return Buffer.from(octets)
}

/** Most changes to a body would be refused for its length alone, before anything else is looked at. */
const repairLength = (octets: Buffer): Buffer => {
  const end = octets.indexOf('\r\n\r\n')
  if (end < 0) return octets
  const head = octets.toString('latin1', 0, end)
  const repaired = head.replace(/^((?:content-length|l)[ \t]*:[ \t]*)[^\r\n]*/im, `$1${octets.length - end - 4}`)
  return Buffer.concat([Buffer.from(repaired, 'latin1'), octets.subarray(end)])
}

const swapLines = (octets: Buffer, below: (limit: number) => number): Buffer => {
  const lines = octets.toString('latin1').split('\r\n')
  const [left, right] = [below(lines.length), below(lines.length)]
  const kept = lines[left] as string
  lines[left] = lines[right] as string
  lines[right] = kept
  return Buffer.from(lines.join('\r\n'), 'latin1')
}
