/** ITU-T G.722 table 11: half of the 24 taps of the quadrature mirror filter; the other half is its mirror image. */
const mirrorTaps = Int16Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11)
/** The filter looks at the newest pair of values and so many before it. */
const memoryLength = 22

/** Pairs of values, and what the two phases of the quadrature mirror filter make of each pair and its past (section 3.1). */
export class G722Filter {
  /** Of the newest pair. */
  odd = 0
  even = 0
  #values = new Int32Array(memoryLength + 2 * 160)
  #end = memoryLength

  /** For so many pairs that follow. */
  begin(pairs: number): void {
    const before = this.#values
    const length = memoryLength + 2 * pairs
    if (before.length < length) this.#values = new Int32Array(length)
    for (let index = 0; index < memoryLength; index++) {
      this.#values[index] = before[this.#end - memoryLength + index] as number
    }
    this.#end = memoryLength
  }

  push(first: number, second: number): void {
    const values = this.#values
    values[this.#end++] = first
    values[this.#end++] = second
    const start = this.#end - memoryLength - 2
    let odd = 0
    let even = 0
    for (let tap = 0; tap < 12; tap++) {
      odd += (values[start + 2 * tap] as number) * (mirrorTaps[tap] as number)
      even += (values[start + 2 * tap + 1] as number) * (mirrorTaps[11 - tap] as number)
    }
    this.odd = odd
    this.even = even
  }
}
