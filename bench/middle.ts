/** The median; of an even number, the upper of the two in the middle. */
export const middle = (values: readonly number[]): number => quantile(values, 0.5)

/** The value below which so large a share lies. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((left, right) => left - right)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN
