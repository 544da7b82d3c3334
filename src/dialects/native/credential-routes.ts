import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiSession } from '../../access/api-session.ts'
import type { WantedCredential } from '../../access/directory-changes.ts'
import type { DialectContext } from '../dialect.ts'
import { type Guard, sendWithdrawn } from './guard.ts'
import { sendFaults, sendProblem } from './problem.ts'
import { readBody } from './read-body.ts'
import { credentialKindSchema, newCredentialSchema } from './request-schemas.ts'

type Named = { Params: { kind: string; account: string; name: string } }

/** Keys, tokens and users that are made and revoked while the server runs, beside those of the configuration file. */
export function registerCredentialRoutes(app: FastifyInstance, context: DialectContext, guard: Guard): void {
  app.get(
    '/v1/credentials',
    guard('directory:write', (_request, reply, session) =>
      reply.send({ credentials: session.credentials().map(renderCredential) }),
    ),
  )
  app.post(
    '/v1/credentials',
    guard('directory:write', (request, reply, session) => create(request, reply, session, context)),
  )
  app.delete(
    '/v1/credentials/:kind/:account/:name',
    guard('directory:write', (request, reply, session) => revoke(request, reply, session, context)),
  )
}

type Shown = ReturnType<ApiSession['credentials']>[number]

/** As this API shows one: `createdAt` is absent where the configuration file holds it. */
const renderCredential = ({ madeAt, permissions: granted, lines, ...credential }: Shown) => ({
  kind: credential.kind,
  account: credential.account,
  name: credential.name,
  permissions: [...granted],
  role: credential.role,
  line: credential.line,
  lines: lines && [...lines],
  createdAt: madeAt === undefined ? undefined : new Date(madeAt).toISOString(),
})

async function create(request: FastifyRequest, reply: FastifyReply, session: ApiSession, context: DialectContext) {
  const body = readBody(request.body, newCredentialSchema)
  if ('refuse' in body) return body.refuse(reply)
  const wanted = { ...body.value, account: body.value.account ?? session.account } as WantedCredential
  const made = await session.createCredential(wanted)
  if (made.outcome === 'account-not-found') return sendNoSuchAccount(reply)
  if (made.outcome === 'withdrawn') return sendWithdrawn(reply)
  if (made.outcome === 'name-in-use') {
    return sendProblem(reply, 'name-in-use', 'Choose another name, or revoke what has this one.')
  }
  if (made.outcome === 'refused') {
    const errors = made.faults.map(({ member, message }) => ({ pointer: `/${member}`, detail: message }))
    return sendFaults(reply, errors)
  }
  const { account, name } = wanted
  context.log.info(
    { by: `${session.account}/${session.name}`, credential: `${wanted.kind} ${account}/${name}` },
    'credential made',
  )
  const created = session
    .credentials([account])
    .find((credential) => credential.kind === wanted.kind && credential.name === name)
  return (
    reply
      .status(201)
      .header('location', `/v1/credentials/${[wanted.kind, account, name].map(encodeURIComponent).join('/')}`)
      // No cache between here and there may keep it.
      .header('cache-control', 'no-store')
      .send({ ...(created && renderCredential(created)), secret: made.secret })
  )
}

const sendNoSuchAccount = (reply: FastifyReply): FastifyReply =>
  sendProblem(reply, 'account-not-found', 'This is none of your accounts; check its name.')

async function revoke(request: FastifyRequest, reply: FastifyReply, session: ApiSession, context: DialectContext) {
  const { params } = request as FastifyRequest<Named>
  const known = credentialKindSchema.safeParse(params.kind)
  const { account, name } = params
  const outcome = known.success ? await session.revokeCredential({ kind: known.data, account, name }) : 'not-found'
  switch (outcome) {
    case 'revoked':
      context.log.info(
        { by: `${session.account}/${session.name}`, credential: `${params.kind} ${account}/${name}` },
        'credential revoked',
      )
      return reply.status(204).send()
    case 'withdrawn':
      return sendWithdrawn(reply)
    case 'in-the-file':
      return sendProblem(reply, 'in-the-file', 'Take it out of the configuration file and apply that.')
    case 'not-found':
      return sendProblem(reply, 'not-found', 'There is no such credential in your accounts.')
  }
}
