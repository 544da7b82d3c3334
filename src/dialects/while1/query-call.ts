import type { FastifyReply } from 'fastify'
import type { ApiSession } from '../../access/api-session.ts'
import type { PhpArray } from '../php/php-array.ts'
import { DataReader } from './data-reader.ts'
import { invalidProject } from './parse-call-request.ts'
import { sendFaults, sendResults } from './render-answer.ts'
import { renderCall } from './render-call.ts'

/** The newest call of that `external_id`, in `project_id` if it is named, in any project of the caller otherwise. */
export async function queryCall(values: PhpArray, reply: FastifyReply, session: ApiSession): Promise<FastifyReply> {
  const reader = new DataReader(values)
  const externalId = reader.required('external_id', { longest: 128 })
  const projectId = reader.optional('project_id', { longest: 64 })
  const project = projectId === undefined ? undefined : session.findAccount(projectId)
  if (projectId !== undefined && project === undefined) reader.faults.push(invalidProject)
  if (reader.faults.length > 0) return sendFaults(reply, reader.faults)
  const accounts = project === undefined ? session.accounts : [project.name]
  const { calls } = await session.calls({ externalId, limit: 1 }, { accounts })
  const [newest] = calls
  if (newest === undefined) return sendFaults(reply, ['Invalid external_id. Check if a call with it was originated'])
  return sendResults(reply, [renderCall(newest)])
}
