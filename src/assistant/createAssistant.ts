// The assistant that is configured, and who may push replies for it.
import type { Assistant } from './assistant';
import type { AssistantSettings } from './assistantSettings';
import { createDialogflowCxAssistant } from './dialogflowCx/dialogflowCxAssistant';
import { createDirectLineAssistant } from './directLine/directLineAssistant';
import { createPushReader } from './pushReader';
import { createRasaAssistant } from './rasa/rasaAssistant';
import { createWebhookAssistant } from './webhookAssistant';

/** `fetch`: whose connections go where they may. */
export function createAssistant(settings: AssistantSettings, options: { readonly fetch: typeof fetch }): Assistant {
  const given = { ...settings, ...options };
  switch (given.kind) {
    case 'webhook':
    case 'stream': return createWebhookAssistant({ ...given, production: !given.allowInsecure });
    case 'rasa': return createRasaAssistant(given);
    case 'directLine': return createDirectLineAssistant(given);
    case 'dialogflowCx': return createDialogflowCxAssistant(given);
  }
}

/** Reads what is pushed. Assistants of other kinds have no secret to sign it with: nothing is genuine. */
export function pushReaderOf(settings: AssistantSettings): ReturnType<typeof createPushReader> {
  const isSigned = settings.kind === 'webhook' || settings.kind === 'stream';
  return isSigned ? createPushReader(settings.secret) : () => ({ outcome: 'notGenuine' });
}
