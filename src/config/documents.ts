// The settings that are JSON documents, each read by the schema of the part that it is for.
import type { z } from 'zod';
import { assistantSettings, timeoutMsDefault } from '../assistant/assistantSettings';
import type { AssistantSettings } from '../assistant/assistantSettings';
import { clientSettings } from '../clients/clientSettings';
import type { Client } from '../clients/clientSettings';
import { isPhoneCountry } from '../directory/phoneNumber';
import { insecurePartners, partnerSettings } from '../partners/partnerSettings';
import type { Partner } from '../partners/partnerSettings';
import { httpCarrierSettings, insecureCarrier } from '../otp/carriers/httpCarrierSettings';
import type { HttpCarrierSettings } from '../otp/carriers/httpCarrierSettings';
import { tryingOut } from '../outbound/tryingOut';
import { insecureServices, serviceSettings } from '../services/serviceSettings';
import type { Service } from '../services/serviceSettings';
import { readJsonSetting } from './jsonSetting';
import { settings } from './settings';
import type { RawSettings, SettingName } from './settings';

export interface Documents {
  readonly assistant: AssistantSettings;
  readonly partners: readonly Partner[];
  readonly clients: readonly Client[];
  readonly services: readonly Service[];
  /** Who carries SMS; Twilio where it is undefined. */
  readonly smsCarrier: HttpCarrierSettings | undefined;
}

/** Each is empty when it cannot be read: then there is a problem. */
export function readDocuments(raw: RawSettings, production: boolean, problems: string[]): Documents {
  const read = <Schema extends z.ZodType>(
    name: SettingName, none: string, schema: Schema,
    insecure: (document: z.output<Schema>) => readonly string[] = () => [],
  ): z.output<Schema> | undefined => {
    try {
      const document = readJsonSetting(raw[name] ?? none, schema);
      if (production) problems.push(...insecure(document).map((sentence) => `${name}: ${sentence}`));
      return document;
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
      return undefined;
    }
  };
  const named = raw.DOORMAN_ASSISTANT === undefined ? undefined
    : read('DOORMAN_ASSISTANT', '', assistantSettings, tryingOut);
  if (raw.DOORMAN_ASSISTANT === undefined) problems.push(...missingForWebhook(raw));
  if (named !== undefined) problems.push(...rivals(raw, named, production));
  const { clients } = read('DOORMAN_CLIENTS', '{"clients":[]}', clientSettings) ?? { clients: [] };
  problems.push(...unknownCountries(clients));
  return {
    assistant: named ?? webhookOf(raw),
    partners: read('DOORMAN_PARTNERS', '{"partners":[]}', partnerSettings, insecurePartners)?.partners ?? [],
    clients,
    services: read('DOORMAN_SERVICES', '{"services":[]}', serviceSettings, insecureServices)?.services ?? [],
    smsCarrier: raw.DOORMAN_SMS_CARRIER === undefined ? undefined
      : read('DOORMAN_SMS_CARRIER', '{}', httpCarrierSettings, insecureCarrier),
  };
}

/** Codes to one that there is not would never be sent, and no answer tells. */
function unknownCountries(clients: readonly Client[]): string[] {
  return clients
    .filter(({ verifications }) => verifications?.countries.some((country) => !isPhoneCountry(country)))
    .map(({ name }) => `DOORMAN_CLIENTS: client ${name}: countries must be ISO 3166 codes such as DE or GB`);
}

const ofWebhook = ['ASSISTANT_URL', 'ASSISTANT_SECRET'] as const;

function missingForWebhook(raw: RawSettings): string[] {
  return ofWebhook.filter((name) => raw[name] === undefined).map((name) => `${name}: is missing. ${settings[name].about}`);
}

/** Settings that say otherwise than the document: one of the two would be read, and nobody told which. */
function rivals(raw: RawSettings, named: AssistantSettings, production: boolean): string[] {
  const saysOtherwise = (name: SettingName, value: string | undefined) => raw[name] !== undefined && raw[name] !== value;
  const { url, secret } = { secret: undefined, ...named };
  return [
    ...named.audience !== undefined && saysOtherwise('DOORMAN_ASSISTANT_AUDIENCE', named.audience)
      ? ['DOORMAN_ASSISTANT_AUDIENCE: is not the audience of DOORMAN_ASSISTANT: leave one of the two out'] : [],
    // While developing, the simulator reads them: it is the assistant that stands there.
    ...production && saysOtherwise('ASSISTANT_URL', url)
      ? ['ASSISTANT_URL: is not the address of DOORMAN_ASSISTANT: leave one of the two out'] : [],
    ...production && saysOtherwise('ASSISTANT_SECRET', secret)
      ? ['ASSISTANT_SECRET: is not the secret of DOORMAN_ASSISTANT: leave one of the two out'] : [],
  ];
}

/** The assistant of the two settings; their own schema says what is wrong with them. */
function webhookOf({ ASSISTANT_URL: url = '', ASSISTANT_SECRET: secret = '' }: RawSettings): AssistantSettings {
  return { kind: 'webhook', url, secret, timeoutMs: timeoutMsDefault, allowInsecure: url.startsWith('http:') };
}
