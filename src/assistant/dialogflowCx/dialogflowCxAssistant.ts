// An agent of Dialogflow CX: one detectIntent a turn, which moves its state each time, so once.
import type { Assistant, AssistantAnswer, Turn, TurnMemory } from '../assistant';
import { timeoutMsDefault } from '../assistantSettings';
import { createExchange, refused } from '../exchange';
import type { Exchange } from '../exchange';
import { Fault } from '../../domain/faults';
import { speakerFields } from '../speaker';
import { readAnswer } from './responseMessages';
import { createAccountTokens } from './serviceAccount';
import type { ServiceAccount } from './serviceAccount';

export interface DialogflowCxOptions {
  readonly project: string;
  /** Such as `europe-west3`, or `global`: each region has a host of its own. */
  readonly location: string;
  readonly agent: string;
  /** The draft is spoken to without one. */
  readonly environment?: string | undefined;
  readonly serviceAccount: ServiceAccount;
  /** Instead of Google's own host of the region. */
  readonly url?: string | undefined;
  /** For a token endpoint without TLS, in development. */
  readonly allowInsecure?: boolean;
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

// Of Dialogflow CX: a longer text, or session, is refused there.
const textLengthMax = 256;
const sessionLengthMax = 36;

export function createDialogflowCxAssistant(options: DialogflowCxOptions): Assistant {
  const { fetch: get = fetch, timeoutMs = timeoutMsDefault, allowInsecure = false } = options;
  const tokens = createAccountTokens(options.serviceAccount, { allowInsecure, fetch: get });
  const ask = async (
    exchange: Exchange, turn: Turn, memory: TurnMemory, authorization: string,
  ): Promise<AssistantAnswer> => {
    const answer = await exchange.once(memory, async () =>
      exchange.json(await exchange.send(addressOf(options, turn.conversationId), requestOf(turn, authorization))));
    return readAnswer(answer);
  };
  return {
    async answer(turn, signal, memory) {
      const exchange = createExchange(get, signal, timeoutMs);
      // As Dialogflow counts them.
      if ([...turn.text].length > textLengthMax) throw refused('text too long');
      if (turn.conversationId.length > sessionLengthMax) throw refused('session too long');
      const authorization = await tokens.authorization();
      try {
        return await ask(exchange, turn, memory, authorization);
      } catch (error) {
        // Withdrawn before its time, and nothing was done: a new one is asked for once.
        if (!(error instanceof Fault) || error.code !== 'http 401') throw error;
        tokens.forget(authorization);
        return ask(exchange, turn, memory, await tokens.authorization());
      }
    },
  };
}

function addressOf({ project, location, agent, environment, url }: DialogflowCxOptions, session: string): URL {
  const region = location === 'global' ? '' : `${location}-`;
  const host = `https://${region}dialogflow.googleapis.com`;
  const path = [
    'projects', project, 'locations', location, 'agents', agent,
    ...environment === undefined ? [] : ['environments', environment], 'sessions', session,
  ].map(encodeURIComponent).join('/');
  return new URL(`${(url ?? host).replace(/\/$/, '')}/v3/${path}:detectIntent`);
}

function requestOf(turn: Turn, authorization: string): RequestInit {
  return {
    method: 'POST',
    body: JSON.stringify({
      queryInput: { text: { text: turn.text }, languageCode: turn.locale },
      queryParams: {
        payload: speakerFields(turn),
        // A token of the speaker's goes to the agent's webhook alone, and not into what Google logs of a talk.
        ...turn.authorization === undefined ? {} : { webhookHeaders: { authorization: turn.authorization } },
      },
    }),
    headers: { 'content-type': 'application/json', accept: 'application/json', authorization },
  };
}
