/** Modified Bessel function of order zero. */
const besselI0 = (x: number): number => {
  let [sum, term] = [1, 1]
  for (let index = 1; term > sum * 1e-12; index++) {
    term *= (x / (2 * index)) ** 2
    sum += term
  }
  return sum
}

/** Kaiser's window: `place` is 0 in its middle and 1 at its end. The greater `beta`, the quieter what a filter keeps out. */
export const kaiserWindow = (place: number, beta: number): number =>
  Math.abs(place) >= 1 ? 0 : besselI0(beta * Math.sqrt(1 - place ** 2)) / besselI0(beta)
