/** Whom a leg is to reach, or has reached: what history keeps and every API renders in its own words. */
export type Destination =
  /** A line of the account, by its extension. */
  | { readonly kind: 'line'; readonly number: string; readonly via?: Group }
  /** A number outside, in E.164 form where it has one. */
  | { readonly kind: 'number'; readonly number: string; readonly via?: Group }
  | GroupDestination

/** What rings several, before one of them has answered. */
export type GroupDestination =
  | { readonly kind: 'queue'; readonly name: string }
  | { readonly kind: 'context'; readonly name: string }
  | { readonly kind: 'feature-code'; readonly code: string }

/** Through what somebody was rung, where several were. */
export type Group = { readonly queue: string } | { readonly context: string } | { readonly featureCode: string }

/** The one member of a group who answered. A leg that was no group's is reached directly. */
export function memberOf(member: { readonly kind: 'line' | 'number'; readonly number: string }, asked: Destination) {
  const via = groupOf(asked)
  return { ...member, ...(via === undefined ? {} : { via }) } satisfies Destination
}

function groupOf(destination: Destination): Group | undefined {
  switch (destination.kind) {
    case 'queue':
      return { queue: destination.name }
    case 'context':
      return { context: destination.name }
    case 'feature-code':
      return { featureCode: destination.code }
    default:
      return destination.via
  }
}

/** The extension, the outside number, or the name of the group. */
export function nameOfDestination(destination: Destination): string {
  switch (destination.kind) {
    case 'line':
    case 'number':
      return destination.number
    case 'feature-code':
      return destination.code
    default:
      return destination.name
  }
}

/** For people: `line 101`, `+61412345678`, `queue support`, `line 102 (queue support)`. Nothing reads this back. */
export function renderDestination(destination: Destination): string {
  switch (destination.kind) {
    case 'line':
      return `line ${destination.number}${renderVia(destination.via)}`
    case 'number':
      return `${destination.number}${renderVia(destination.via)}`
    case 'queue':
    case 'context':
      return `${destination.kind} ${destination.name}`
    case 'feature-code':
      return `feature code ${destination.code}`
  }
}

function renderVia(via: Group | undefined): string {
  if (via === undefined) return ''
  if ('queue' in via) return ` (queue ${via.queue})`
  return 'context' in via ? ` (context ${via.context})` : ` (feature code ${via.featureCode})`
}
