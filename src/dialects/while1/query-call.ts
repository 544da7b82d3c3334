import type { FastifyReply } from 'fastify'
import type { Caller, DialectContext } from '../dialect.ts'
import type { PhpArray } from '../php/php-array.ts'
import { listVisibleCalls } from '../visible-calls.ts'
import { DataReader } from './data-reader.ts'
import { findProject } from './find-project.ts'
import { invalidProject } from './parse-call-request.ts'
import { sendFaults, sendResults } from './render-answer.ts'
import { renderCall } from './render-call.ts'

/** The newest call of that `external_id`, in `project_id` if it is named, in any project of the caller otherwise. */
export async function queryCall(
  values: PhpArray,
  reply: FastifyReply,
  caller: Caller,
  context: DialectContext,
): Promise<FastifyReply> {
  const reader = new DataReader(values)
  const externalId = reader.required('external_id', { longest: 128 })
  const projectId = reader.optional('project_id', { longest: 64 })
  const project = projectId === undefined ? undefined : findProject(projectId, caller, context)
  if (projectId !== undefined && project === undefined) reader.faults.push(invalidProject)
  if (reader.faults.length > 0) return sendFaults(reply, reader.faults)
  const accounts = project === undefined ? caller.accounts : [project.name]
  const { calls } = await listVisibleCalls(caller, accounts, { externalId, limit: 1 }, context)
  const [newest] = calls
  if (newest === undefined) return sendFaults(reply, ['Invalid external_id. Check if a call with it was originated'])
  return sendResults(reply, [renderCall(newest)])
}
