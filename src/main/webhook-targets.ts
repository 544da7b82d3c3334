import type { webhookFormats } from '../config/config-schema.ts'
import { renderEvent as renderEnswitchEvent } from '../dialects/enswitch/render-event.ts'
import { renderWebhook as renderNativeWebhook } from '../dialects/native/render-call.ts'
import type { Directory } from '../directory/directory.ts'
import type { RenderWebhook, WebhookTarget } from '../events/webhook.ts'

/** How each dialect words an event for an address that is told of it. */
const formats: Readonly<Record<(typeof webhookFormats)[number], RenderWebhook>> = {
  native: (event, call) => ({ contentType: 'application/json', body: renderNativeWebhook(event, call) }),
  enswitch(event, call) {
    const form = renderEnswitchEvent(event, call)
    return form && { contentType: 'application/x-www-form-urlencoded', body: form.toString() }
  },
}

/** Who is told of events, as the directory says now. */
export const webhookTargets = (directory: Directory): readonly WebhookTarget[] =>
  directory.listAccounts().flatMap(({ name, webhooks }) =>
    webhooks.map(({ url, format }) => ({
      account: name,
      url,
      render: formats[format as keyof typeof formats] ?? formats.native,
    })),
  )
