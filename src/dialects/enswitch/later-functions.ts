import type { ApiFunction } from './api-function.ts'
import { refuse } from './render-answer.ts'

/** Functions of the vendor that this server lacks. Their user is checked first: who may not ask hears that, as everywhere. */
const later = (what: string, permission: 'calls:control' | 'calls:read', instead = ''): ApiFunction => ({
  permissions: [permission],
  run: () => refuse('400', `This server cannot ${what} yet${instead}.`),
})

export const laterFunctions: Readonly<Record<string, ApiFunction>> = {
  'calls/blindxfer': later('transfer a call', 'calls:control', '; use calls/redirect'),
  'calls/atxfer': later('transfer a call', 'calls:control', '; use calls/redirect'),
  'calls/answer': later('answer a call for a phone', 'calls:control'),
  'calls/pickup': later('pick up a call', 'calls:control'),
  'recording/recordings/list': later('record calls', 'calls:read'),
  'recording/recordings/get': later('record calls', 'calls:read'),
}
