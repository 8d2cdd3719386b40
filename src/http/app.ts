// The public side: every route on this screen, and what holds for all of them. Health and metrics are elsewhere.
import { randomUUID } from 'node:crypto';
import type { ServerOptions } from 'node:http';
import express from 'express';
import type { Express, RequestHandler } from 'express';
import helmet from 'helmet';
import { pushPath, pushedReplies } from './assistant/pushedReplies';
import type { PushedRepliesDeps } from './assistant/pushedReplies';
import { clientRoutes } from './clients/clientRoutes';
import type { ClientRoutesDeps } from './clients/clientRoutes';
import { disputePages, disputePath } from './dispute/disputePage';
import type { DisputePageDeps } from './dispute/disputePage';
import { partnerPath, partnerWebhook } from './partners/partnerWebhook';
import type { PartnerWebhookDeps } from './partners/partnerWebhook';
import { Problem, answerProblems } from './problem';
import { scimRouter } from './scim/scimRouter';
import type { ScimDeps } from './scim/scimRouter';
import { scimPath } from './scim/scimSchema';
import { keySetPath, keySetRoute } from './statements/keySet';
import type { KeySetRouteDeps } from './statements/keySet';
import { twilioGuards } from './twilioGuards';
import { createSignatureCheck } from './twilioSignature';
import { isReceiptId, receiptPath, statusPath, twilioStatus } from './twilioStatus';
import type { StatusDeps } from './twilioStatus';
import { messagePath, twilioWebhook } from './twilioWebhook';
import type { WebhookDeps } from './twilioWebhook';
import { verificationRouter } from './verifications/verificationRouter';
import type { VerificationRouterDeps } from './verifications/verificationRouter';
import { voiceRoutes } from './voice/voiceCalls';
import type { VoiceDeps } from './voice/voiceCalls';

export interface AppDeps extends WebhookDeps, StatusDeps, PushedRepliesDeps, Pick<DisputePageDeps, 'disputes'> {
  /** Without, there are no routes for calls. */
  readonly calls?: VoiceDeps['calls'];
  /** Without, no identity provider can push people. */
  readonly scim?: ScimDeps;
  /** Without, nobody can check statements. */
  readonly keySet?: KeySetRouteDeps['keySet'];
  /** Without, there is no route for partners. */
  readonly partners?: PartnerWebhookDeps['partners'];
  /** Without, no application can ask for codes. */
  readonly verifications?: VerificationRouterDeps;
  /** Without, no application can call. */
  readonly clients?: ClientRoutesDeps;
  readonly twilio: WebhookDeps['twilio'] & {
    /** The literal origin that is configured at Twilio; nothing in a request can replace it. */
    readonly publicUrl: string;
    /** The auth token, and the next one during a rotation. */
    readonly authTokens: readonly string[];
  };
}

/** Throws when an auth token is missing or too short to be one. */
export function createApp(deps: AppDeps): Express {
  const { publicUrl, authTokens } = deps.twilio;
  const isSigned = createSignatureCheck(authTokens);
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.enable('strict routing').enable('case sensitive routing');
  app.use(identify, helmet(headers));

  const signed = (path: string) => twilioGuards(() => publicUrl + path, isSigned);
  // Of a route with a parameter the path is what was asked for: it is a part of what is signed.
  const signedAsAsked = twilioGuards(({ path }) => publicUrl + path, isSigned);
  app.route(messagePath).post(signed(messagePath), twilioWebhook(deps)).all(refuseMethod('POST'));
  app.route(statusPath).post(signed(statusPath), twilioStatus(deps)).all(refuseMethod('POST'));
  app.route(receiptPath(':receiptId')).all(isReceiptId)
    .post(signedAsAsked, twilioStatus(deps)).all(refuseMethod('POST'));
  const voice = deps.calls === undefined ? [] : voiceRoutes({ ...deps, calls: deps.calls });
  for (const [path, handle] of voice) {
    app.route(path).all(isReceiptId).post(signedAsAsked, handle).all(refuseMethod('POST'));
  }

  app.route(pushPath).post(pushedReplies(deps)).all(refuseMethod('POST'));

  if (deps.scim !== undefined) app.use(scimPath, scimRouter(deps.scim, publicUrl, deps.log));
  const { partners } = deps;
  if (partners !== undefined) app.route(partnerPath).post(partnerWebhook({ partners })).all(refuseMethod('POST'));
  if (deps.verifications !== undefined) app.use(verificationRouter(deps.verifications));

  const clients = deps.clients === undefined ? [] : clientRoutes(deps.clients, deps.log);
  for (const [path, handle] of clients) app.route(path).post(handle).all(refuseMethod('POST'));
  const { keySet } = deps;
  if (keySet !== undefined) app.route(keySetPath).get(keySetRoute({ keySet })).all(refuseMethod('GET, HEAD'));

  const dispute = disputePages(deps);
  app.route(disputePath).get(dispute.show).post(dispute.act).all(refuseMethod('GET, HEAD, POST'));

  app.use(() => { throw new Problem('not-found'); });
  app.use(answerProblems(deps.log));
  return app;
}

/**
 * Limits of the public server (R48): 10 s for a whole request, headers of 16 kB. Longer keep-alive than the usual 60 s
 * of a load balancer, so that it is never us who close a connection that is about to be used.
 */
export const serverOptions = {
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
} as const satisfies ServerOptions;

const headers = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  referrerPolicy: { policy: 'no-referrer' as const },
};

/** A request is known by an id of ours: one that the request brings could be anything. */
const identify: RequestHandler = (_request, response, next) => {
  response.set({ 'X-Request-Id': randomUUID(), 'Cache-Control': 'no-store' });
  next();
};

function refuseMethod(allowed: string): RequestHandler {
  return () => { throw new Problem('method-refused', undefined, { headers: { Allow: allowed } }); };
}
