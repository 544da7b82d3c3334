import type { CallEvent } from './call-event.ts'
import { renderDestination } from './destination.ts'

/** The destinations that an event names, each as the text for people that stands in its place. */
export const renderEventDestinations = (event: CallEvent) => ({
  ...('destination' in event && event.destination !== undefined
    ? { destination: renderDestination(event.destination) }
    : {}),
  ...('destinations' in event
    ? {
        destinations: {
          first: renderDestination(event.destinations.first),
          second: renderDestination(event.destinations.second),
        },
      }
    : {}),
})
