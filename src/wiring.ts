// Configuration in, working parts out: what each process runs on.
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import {
  createCalls, createChannel, createMail, createPorts, createSms, createVerify, destinationRules, mediaHosts,
  textOptions,
} from './adapters';
import { pushReaderOf } from './assistant/createAssistant';
import type { Pushes } from './assistant/pushes';
import { Misconfiguration } from './config';
import type { Config } from './config';
import { createDatabaseCheck } from './db/databaseCheck';
import { createPool } from './db/pool';
import type { Pool } from './db/pool';
import { databaseProblems } from './db/soundness';
import type { AppDeps } from './http/app';
import { createDispatcher } from './inbox/dispatcher';
import type { SweepReport } from './inbox/sweep';
import { createReconciler } from './inbox/reconcile';
import type { ReconcilerDeps } from './inbox/reconcile';
import { lookupHash } from './keys/box';
import type { Keyring } from './keys/keyring';
import { createLog, temporalLogger } from './log';
import type { Log } from './log';
import type { Alert } from './otp/budgets';
import { readDisputeToken } from './otp/disputeLink';
import { disputeByLink } from './otp/disputes';
import type { LinkDeps } from './otp/disputes';
import { heedReceipt } from './outbox/heedReceipt';
import type { ReceiptDeps } from './outbox/heedReceipt';
import { createEgress } from './outbound/egress';
import { withholdTexts } from './outbox/outbox';
import type { ReceiptNote } from './outbox/receipts';
import { disputeSession, findDisputedSession } from './sessions/sessions';
import { createTelemetry } from './telemetry';
import type { Telemetry } from './telemetry';
import { temporalAddress } from './temporal/connection';
import { createConversations } from './temporal/conversations';
import { createDataConverter } from './temporal/dataConverter';
import { createPartnerForwards } from './temporal/partnerForwards';
import { createVerificationWorkflows } from './temporal/verifications';
import { createTexts } from './texts/render';
import { watchAlerts } from './twilio/alerts';
import { actionOf } from './twilio/errorTable';
import { createWiredActivities, createWiredPushes } from './wiredActivities';
import { wireClients } from './wiring/clients';
import { wireDirectory } from './wiring/directory';
import { createNotices } from './wiring/notices';
import { createWiredPartnerActivities, partnerProblems, wirePartners } from './wiring/partners';
import { wireScim } from './wiring/scim';
import { wireServices } from './wiring/services';
import { createTellShared } from './wiring/sharedContacts';
import { wireStatements } from './wiring/statements';
import { createSweepTasks } from './wiring/sweepTasks';
import { createWiredVerificationActivities, wireVerifications } from './wiring/verifications';

/** What the worker process runs on. `metricsUrl` is where the SDK serves its own metrics. */
export function wireWorker(config: Config, metricsUrl: string) {
  const { pool, log, telemetry } = wireProcess(config, 'worker', metricsUrl);
  const texts = createTexts(textOptions(config));
  const alert = createAlert(log, telemetry);
  // Codes by mail have connections of their own: notices that hang would hold them up.
  const mailer = createMail(config);
  const verify = createVerify(config, pool, log, alert);
  const { conversations, close } = connectConversations(config);
  const pushes = createWiredPushes(pool, config.keyring, mediaHosts(config), conversations, log);
  const ports = {
    ...createPorts(config, texts, alert, { verify, mailer }), ...wireServices(config, pool, telemetry), say: pushes.say,
  };
  const activities = createWiredActivities(
    pool, config.keyring, texts, ports, config.DOORMAN_LANGUAGE, alert, destinationRules(config),
    mediaHosts(config));
  const directory = wireDirectory(config, log, telemetry);
  const { keyring, policy, clients } = config;
  const verifications = createWiredVerificationActivities(
    { pool, keyring, policy, clients, texts, alert, send: createSms(config, alert) });
  return {
    activities: { ...activities, ...verifications }, directory, log, telemetry,
    partners: createWiredPartnerActivities(
      pool, config.keyring, config.partners, alert, createEgress(config)),
    countOutcome: (activity: string, outcome: string) => telemetry.count('activityOutcomes', { activity, outcome }),
    dataConverter: createDataConverter(config.keyring.payload) as DataConverter,
    temporalLog: temporalLogger(log),
    database: checkDatabase(config, pool, log),
    close: async () => {
      mailer?.close();
      await Promise.all([directory.close(), pushes.drain()]);
      await close();
      await pool.end();
    },
  };
}

/** What the web process runs on. */
export function wireWeb(config: Config) {
  const { pool, log, telemetry } = wireProcess(config, 'web');
  const { conversations, forwardPartnerEvents, verificationWorkflows: workflows, close } = connectConversations(config);
  const texts = createTexts(textOptions(config));
  const alert = createAlert(log, telemetry);
  const verify = createVerify(config, pool, log, alert);
  const channel = createChannel(config, alert);
  const mailer = createMail(config);
  const database = checkDatabase(config, pool, log, () => partnerProblems(pool, config.partners));
  const pushes = createWiredPushes(pool, config.keyring, mediaHosts(config), conversations, log);
  const partners = wirePartners(config, { log, telemetry, database, signal: forwardPartnerEvents });
  const { keySet, ...signingKeys } = wireStatements(config, pool);
  const verifications = wireVerifications(config, { log, telemetry, database, workflows });
  const dispatcher = createDispatcher({
    pool, log, recipient: config.TWILIO_WHATSAPP_SENDER, keys: config.keyring,
    signal: (message) => conversations.deliver(message),
    fetchMessage: (messageId) => channel.fetchMessage(messageId),
    tasks: createSweepTasks(config, {
      pool, log, conversations, pushes, verify, partners, signingKeys, verifications,
      sendNotices: createNotices(config, { pool, log, texts, mailer, alert }),
    }),
    textRetentionMs: config.policy.textRetentionMs,
    messagesPerMinuteMax: config.policy.messagesPerMinuteMax,
    onSweep: (report) => countSwept(telemetry, report),
  });
  const reconciler = createReconciliation(config, { pool, log, telemetry }, {
    listReceived: (since) => channel.listReceived(since),
    take: (message) => dispatcher.take(message, [], true),
  });
  const noteReceipt = createReceiptNotes(pool, alert, () => dispatcher.sweepSoon());
  const note = async (receipt: ReceiptNote) => { database.requireSound(); await noteReceipt(receipt); };
  const scim = wireScim(config, database.requireSound, createTellShared(log, telemetry));
  const clients = wireClients(config, signingKeys.statements, database.requireSound, { log, telemetry });
  const app: AppDeps = {
    log, twilio: twilioIdentity(config),
    takeMessage: async (message, doubts) => {
      database.requireSound();
      const start = performance.now();
      const outcome = await dispatcher.take(message, doubts);
      telemetry.time('webhookSeconds', (performance.now() - start) / 1_000);
      return outcome;
    },
    disputes: disputesOf(config, { pool, alert, database }),
    pushes: pushesOf(config, { pushes, database }),
    scim: scim.deps, keySet, ...clients.routes,
    ...partners === undefined ? {} : { partners },
    ...verifications?.deps,
    countMessage: (outcome) => telemetry.count('webhookAnswers', { outcome }),
    noteReceipt: note,
    countStatus: (outcome) => telemetry.count('statusCallbacks', { outcome }),
    ...config.TWILIO_VOICE_SENDER === undefined ? {} : {
      calls: createCalls(config, pool, texts, database.requireSound, { log, noteReceipt: note }),
    },
  };
  return {
    app, log, telemetry, dispatcher, reconciler, database,
    close: async () => {
      mailer?.close();
      await Promise.all([pushes.drain(), partners?.drain()]);
      await close();
      await Promise.all([scim.close(), partners?.close(), clients.close(), verifications?.close(), pool.end()]);
    },
  };
}

/** What an assistant pushes. */
function pushesOf(
  config: Config, { pushes, database }: { pushes: Pick<Pushes, 'take'>; database: { requireSound(): void } },
): AppDeps['pushes'] {
  return {
    read: pushReaderOf(config.assistant),
    take: async (push) => {
      database.requireSound();
      return pushes.take(push);
    },
  };
}

/** The page of NOT ME. */
function disputesOf(
  { keyring, DOORMAN_LANGUAGE: language }: Config,
  { pool, alert, database }: { pool: Pool; alert: (what: Alert) => void; database: { requireSound(): void } },
): AppDeps['disputes'] {
  return {
    language,
    readToken: (token) => readDisputeToken(keyring.lookup, token, new Date())?.sessionId,
    dispute: async (sessionId) => {
      database.requireSound();
      return disputeByLink(disputeDeps(pool, keyring, alert), sessionId);
    },
  };
}

function countSwept(telemetry: Telemetry, report: SweepReport): void {
  for (const [what, count] of Object.entries(report)) if (count > 0) telemetry.count('swept', { what }, count);
}

/** Notes what became of sends, and tells somebody of what calls for them. */
function createReceiptNotes(pool: Pool, alert: (what: Alert) => void, sweepSoon: () => void) {
  const watch = watchAlerts(alert);
  const deps: ReceiptDeps = {
    pool, sweepSoon,
    meaningOf: (code) => actionOf(Number(code)),
    onNews({ receipt, fault }) {
      if (receipt === 'delivered' || receipt === 'read') watch.taken();
      if (fault !== undefined) watch.refused(actionOf(Number(fault))?.alert);
    },
  };
  return (note: ReceiptNote) => heedReceipt(deps, note);
}

/** By what Twilio's requests are known. */
function twilioIdentity(config: Config): AppDeps['twilio'] {
  const { TWILIO_AUTH_TOKEN: token, TWILIO_AUTH_TOKEN_NEXT: next } = config;
  return {
    publicUrl: config.DOORMAN_PUBLIC_URL,
    authTokens: [token, ...(next === undefined ? [] : [next])],
    accountSid: config.TWILIO_ACCOUNT_SID,
    recipient: config.TWILIO_WHATSAPP_SENDER,
  };
}

/** Looks for messages that no webhook brought. What the provider itself lists is in no doubt. */
function createReconciliation(
  { policy }: Config, { pool, log, telemetry }: { pool: Pool; log: Log; telemetry: Telemetry },
  way: Pick<ReconcilerDeps, 'listReceived' | 'take'>,
) {
  return createReconciler({
    pool, log, ...way,
    intervalMs: policy.reconcileIntervalMs,
    patienceMs: policy.webhookPatienceMs,
    textRetentionMs: policy.textRetentionMs,
    onLook({ recovered, expired }) {
      if (recovered > 0) telemetry.count('swept', { what: 'recovered' }, recovered);
      if (expired > 0) telemetry.count('swept', { what: 'abandoned' }, expired);
    },
  });
}

/** What a NOT ME by a link does, over sessions, codes and the replies that wait. */
export function disputeDeps(pool: Pool, keyring: Keyring, alert: (what: Alert) => void): LinkDeps {
  return {
    pool, alert,
    hashIdentity: (identity) => lookupHash(keyring.lookup, 'identity', identity),
    findSession: findDisputedSession,
    async endDisputed(tx, note, sessionId) {
      const was = await disputeSession(tx, note, sessionId);
      if (was === 'open') await withholdTexts(tx, sessionId);
      return was !== 'before';
    },
  };
}

function createAlert(log: Log, telemetry: Telemetry): (what: Alert | 'partnerParked') => void {
  return (what) => {
    telemetry.count('alerts', { what });
    log.error('security alert: see the runbook', { kind: what });
  };
}

// Web: with 3 s for a connection below the 10 s in which a webhook is answered at the latest, hang what may (R40).
const pools = { web: { max: 10, query_timeout: 6_000 }, worker: { max: 20 } } as const;

function wireProcess(
  config: Config, role: 'web' | 'worker', metricsUrl?: string,
): { pool: Pool; log: Log; telemetry: ReturnType<typeof createTelemetry> } {
  return {
    pool: createPool(config.DATABASE_URL, { application_name: `doorman ${role}`, ...pools[role] }),
    log: createLog({ level: config.DOORMAN_LOG_LEVEL, name: role }),
    telemetry: createTelemetry({ role, ...(metricsUrl === undefined ? {} : { metricsUrl }) }),
  };
}

/** Connects on first use, so that the web process starts, and stores messages, while Temporal is down. */
export function connectConversations(config: Config) {
  const connection = Connection.lazy(temporalAddress(config));
  const client = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    dataConverter: createDataConverter(config.keyring.payload),
  });
  return {
    conversations: createConversations(client, config.policy),
    forwardPartnerEvents: createPartnerForwards(client),
    verificationWorkflows: createVerificationWorkflows(client),
    close: () => connection.close(),
  };
}

/** `further`: what else of the configuration does not go with what the database holds. */
function checkDatabase(
  { production }: Config, pool: Pool, log: Log, further: () => Promise<readonly string[]> = async () => [],
) {
  const onSilence = (error: unknown) => { log.warn('the database does not answer yet', { error }); };
  const findProblems = async () => {
    const unsound = await databaseProblems(pool, production);
    return unsound.length > 0 ? unsound : further();
  };
  return createDatabaseCheck(pool, findProblems, onSilence, (problems) => new Misconfiguration(problems));
}
