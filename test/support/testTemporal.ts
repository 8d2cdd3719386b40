// The Temporal servers of conversations under test, one for a test file: a clock belongs to a whole server.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import { anyFreePort } from '../../src/stack/ports';
import { startTemporal } from '../../src/stack/temporal/temporalServer';
import { startTestServer } from '../../src/stack/temporal/timeSkippingServer';
import type { TestServerCommand } from '../../src/stack/temporal/timeSkippingServer';
import { createDataConverter } from '../../src/temporal/dataConverter';
import { searchAttributes } from '../../workflows/contract';
import { given } from './setup/given';
import { testKeyring } from './world';

export interface TestTemporal {
  /** Its client, connections and `sleep`. Never terminate a workflow where time is skipped: it would not be any more. */
  readonly env: TestWorkflowEnvironment;
  /** Ends connections and server. The worker must have stopped before. */
  stop(): Promise<void>;
}

/**
 * `skipping`: a day passes in a moment, but two signals that would both start a conversation, or one that meets its end,
 * are refused. `real`: a development server, which rules on such races as in production.
 */
export type Time = 'skipping' | 'real';

type Server = { readonly address: string; stop(): Promise<unknown> };

/** A server of its own, and connections to it. A second and a half. */
export async function startTestTemporal(time: Time): Promise<TestTemporal> {
  const folder = mkdtempSync(join(tmpdir(), 'doorman-temporal-'));
  const server = await servers[time](join(folder, 'server.log'));
  const stopServer = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
    });
    const env = await environments[time](server.address);
    return {
      env,
      stop: async () => {
        await env.teardown();
        await stopServer();
      },
    };
  } catch (error) {
    await stopServer();
    throw error;
  }
}

const servers: Record<Time, (logFile: string) => Promise<Server>> = {
  skipping: (logFile) => startTestServer(JSON.parse(given('DOORMAN_TEST_SERVER')) as TestServerCommand, logFile),
  real: async (logFile) => startTemporal({
    binary: given('TEMPORAL_CLI_PATH'), port: await anyFreePort(), logFile, progress: () => undefined,
  }),
};

// Values of temporal.api.enums.v1.IndexedValueType.
const indexedTypes = { KEYWORD: 2, INT: 3, DATETIME: 6 } as const;
const client = () => ({ dataConverter: createDataConverter(testKeyring.payload) });

const environments: Record<Time, (address: string) => Promise<TestWorkflowEnvironment>> = {
  async skipping(address) {
    // The public createFromExistingServer cannot skip time; the private one beneath it can.
    const beneath = TestWorkflowEnvironment as unknown as {
      create(options: object): Promise<TestWorkflowEnvironment>;
    };
    const env = await beneath.create({
      server: { type: 'existing' }, supportsTimeSkipping: true, namespace: 'default', address, client: client(),
    });
    await env.connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: Object.fromEntries(
        Object.values(searchAttributes).map(({ name, type }) => [name, indexedTypes[type]])),
    });
    return env;
  },
  real: (address) => TestWorkflowEnvironment.createFromExistingServer({ address, client: client() }),
};
