import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTelemetry, metrics } from '../src/telemetry';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
});

/** Another Prometheus endpoint, as the worker's SDK serves one. */
async function serve(status: number, text: string): Promise<string> {
  server = createServer((_request, response) => response.writeHead(status).end(text));
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

const linesOf = (text: string, start: string) => text.split('\n').filter((line) => line.startsWith(start));

describe('telemetry', () => {
  it('counts by label and shows it with the process that counted', async () => {
    const telemetry = createTelemetry({ role: 'worker' });
    telemetry.count('webhookAnswers', { outcome: 'later' });
    telemetry.count('webhookAnswers', { outcome: 'later' });
    telemetry.count('activityOutcomes', { activity: 'sendCode', outcome: 'accepted' }, 3);
    const text = await telemetry.render();
    expect(text).toContain('doorman_webhook_answers_total{outcome="later",role="worker"} 2\n');
    expect(text).toContain('doorman_activity_outcomes_total{activity="sendCode",outcome="accepted",role="worker"} 3\n');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(telemetry.contentType).toContain('text/plain');
  });

  it('times in seconds', async () => {
    const telemetry = createTelemetry({ role: 'web' });
    telemetry.time('webhookSeconds', 0.03);
    const text = await telemetry.render();
    expect(text).toContain('doorman_webhook_seconds_bucket{le="0.05",role="web"} 1\n');
    expect(text).toContain('doorman_webhook_seconds_bucket{le="0.025",role="web"} 0\n');
  });

  it('knows each of its metrics by a name of its own and says what it is', async () => {
    const text = await createTelemetry({ role: 'web' }).render();
    const names = Object.values(metrics).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, help, type } of Object.values(metrics)) {
      expect(name).toMatch(type === 'counter' ? /^doorman_[a-z_]+_total$/ : /^doorman_[a-z_]+_seconds$/);
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
    }
  });

  it('lets several processes of one program count apart', async () => {
    const [one, two] = [createTelemetry({ role: 'web' }), createTelemetry({ role: 'worker' })];
    one.count('swept', { what: 'told' });
    expect(await two.render()).not.toContain('doorman_swept_total{');
  });

  it('never takes a number, address or text for a label', async () => {
    const telemetry = createTelemetry({ role: 'web' });
    const canaries = [
      '483920', '+4917612345678', 'anna@example.com', 'Anna Schmidt', 'k483920', '3f0c1b58-7a52-4d0e-9a6c-6d2f64a1f6c2',
      'x'.repeat(49), '', 'a"b\n',
    ];
    for (const canary of canaries) telemetry.count('swept', { what: canary });
    const lines = linesOf(await telemetry.render(), 'doorman_swept_total{');
    expect(lines).toEqual([`doorman_swept_total{what="other",role="web"} ${canaries.length}`]);
  });

  it('holds a limited number of series, whatever is counted', async () => {
    const telemetry = createTelemetry({ role: 'web' });
    const word = (i: number) => `w${[...i.toString(26)].map((digit) => String.fromCharCode(97 + parseInt(digit, 26))).join('')}`;
    for (let i = 0; i < 2_000; i += 1) telemetry.count('swept', { what: word(i) });
    const lines = linesOf(await telemetry.render(), 'doorman_swept_total{');
    expect(lines).toHaveLength(301);
    expect(lines).toContain('doorman_swept_total{what="other",role="web"} 1700');
  });

  it('shows the metrics of the other endpoint too', async () => {
    const metricsUrl = await serve(200, '# TYPE temporal_requests counter\ntemporal_requests 7');
    const text = await createTelemetry({ role: 'worker', metricsUrl }).render();
    expect(text).toMatch(/# TYPE doorman_swept_total counter\n/);
    expect(text.endsWith('\n# TYPE temporal_requests counter\ntemporal_requests 7\n')).toBe(true);
  });

  it('shows its own metrics when the other endpoint fails or is not there', async () => {
    const metricsUrl = await serve(500, 'broken');
    const telemetry = createTelemetry({ role: 'worker', metricsUrl });
    expect(await telemetry.render()).toMatch(/doorman_swept_total[^]*\n# the other metrics endpoint did not answer\n$/);
    await new Promise((resolve) => server!.close(resolve));
    server = undefined;
    expect(await telemetry.render()).toContain('did not answer');
  });
});
