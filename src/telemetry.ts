// What is counted and timed, for /metrics on the internal port. Labels are words of ours with few values, never an id,
// an address or a text (I8), and that holds even where a caller gets it wrong.
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

interface Metric {
  readonly type: 'counter' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds in seconds. */
  readonly buckets?: readonly number[];
}

const quick = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** All metrics of ours. docs/runbook.md says which of them to watch. */
export const metrics = {
  webhookAnswers: {
    type: 'counter', name: 'doorman_webhook_answers_total', labels: ['outcome'],
    help: 'Requests of the chat provider, by what became of them',
  },
  webhookSeconds: {
    type: 'histogram', name: 'doorman_webhook_seconds', labels: [], buckets: quick,
    help: 'Time until a request of the chat provider was answered',
  },
  statusCallbacks: {
    type: 'counter', name: 'doorman_status_callbacks_total', labels: ['outcome'],
    help: 'What the chat provider reported of messages of ours',
  },
  partnerRequests: {
    type: 'counter', name: 'doorman_partner_requests_total', labels: ['partner', 'outcome'],
    help: 'Requests in the name of partners, by what became of them',
  },
  partnerSha1: {
    type: 'counter', name: 'doorman_partner_legacy_total', labels: ['partner'],
    help: 'Genuine requests that were signed with SHA-1',
  },
  clientRequests: {
    type: 'counter', name: 'doorman_client_requests_total', labels: ['route', 'outcome'],
    help: 'Requests of applications for tokens, for JWTs of customers and for their profiles, by what became of them',
  },
  verificationRequests: {
    type: 'counter', name: 'doorman_verification_requests_total', labels: ['client', 'outcome'],
    help: 'Requests of applications for codes and checks, by what became of them; `returned`: the caller got the code',
  },
  serviceTokens: {
    type: 'counter', name: 'doorman_service_tokens_total', labels: ['outcome'],
    help: 'Requests for tokens in the name of employees, kept ones among them, by what came of them',
  },
  swept: {
    type: 'counter', name: 'doorman_swept_total', labels: ['what'],
    help: 'Found by sweeping: senders told or waiting, messages confirmed, refused, recovered, '
      + 'abandoned; notices, missed codes, verifications ended',
  },
  alerts: {
    type: 'counter', name: 'doorman_alerts_total', labels: ['what'],
    help: 'What somebody has to look at: a pool that closed, the breaker, somebody who said NOT ME, a spent country, '
      + 'a send that fraud protection stopped, a provider that refuses our account or did not compare a code, '
      + 'an event of a partner that nobody takes',
  },
  directorySyncs: {
    type: 'counter', name: 'doorman_directory_syncs_total', labels: ['source', 'outcome'],
    help: 'Readings of sources of the directory, by how they came out; one that is waiting asks an operator',
  },
  directoryShared: {
    type: 'counter', name: 'doorman_directory_shared_total', labels: ['source', 'column'],
    help: 'Changes by SCIM and events after which a person has a number, a work address or an ID of another one',
  },
  activityOutcomes: {
    type: 'counter', name: 'doorman_activity_outcomes_total', labels: ['activity', 'outcome'],
    help: 'Ends of activities: an expected outcome, or the type of a failure',
  },
} as const satisfies Record<string, Metric>;

type Metrics = typeof metrics;
type MetricName = keyof Metrics;
type Named<T extends Metric['type']> = { [K in MetricName]: Metrics[K]['type'] extends T ? K : never }[MetricName];
type Labels<K extends MetricName> = Readonly<Record<Metrics[K]['labels'][number], string>>;

export interface Telemetry {
  /** Adds one, or `by`, to a counter. */
  count<K extends Named<'counter'>>(metric: K, labels: Labels<K>, by?: number): void;
  /** Records a duration in seconds. */
  time<K extends Named<'histogram'>>(metric: K, seconds: number): void;
  /** Everything in Prometheus' text format; with the other endpoint's text when it answers within a second. */
  render(): Promise<string>;
  /** The Content-Type of what `render` gives. */
  readonly contentType: string;
}

export interface TelemetryOptions {
  /** The process, a label of every metric: `web`, `worker`. */
  readonly role: string;
  /** Another Prometheus endpoint whose text is shown too: the worker's SDK serves its own on the loopback. */
  readonly metricsUrl?: string;
}

const otherTimeoutMs = 1_000;
// The widest metric has some 20 activities with 10 outcomes.
const seriesMax = 300;

/** The metrics of one process. */
export function createTelemetry({ role, metricsUrl }: TelemetryOptions): Telemetry {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  for (const [key, metric] of Object.entries(metrics) as [string, Metric][]) {
    const { type, name, help, labels } = metric;
    const common = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(key, new Counter(common));
    else histograms.set(key, new Histogram({ ...common, buckets: [...metric.buckets ?? quick] }));
  }
  const bounded = createBound();
  return {
    count: (metric, labels, by = 1) => counters.get(metric)?.inc(bounded(metric, labels), by),
    time: (metric, seconds) => histograms.get(metric)?.observe(seconds),
    render: async () => {
      const own = await registry.metrics();
      return metricsUrl === undefined ? own : own + await fetchOther(metricsUrl);
    },
    contentType: registry.contentType,
  };
}

/** Words only, and no more series than a metric should have: whatever else comes is counted as `other`. */
function createBound(): (metric: string, labels: Readonly<Record<string, string>>) => Record<string, string> {
  const seen = new Map<string, Set<string>>();
  return (metric, labels) => {
    const words = Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, safeWord(value)]));
    const series = seen.get(metric) ?? new Set<string>();
    seen.set(metric, series);
    const key = Object.values(words).join(' ');
    if (series.has(key)) return words;
    if (series.size >= seriesMax) return Object.fromEntries(Object.keys(labels).map((name) => [name, 'other']));
    series.add(key);
    return words;
  };
}

// A word as our code writes them. Digits are for provider and HTTP status classes, not for numbers of people.
function safeWord(value: string): string {
  return /^[A-Za-z][A-Za-z0-9._-]{0,47}$/.test(value) && !/\d{4}/.test(value) ? value : 'other';
}

async function fetchOther(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(otherTimeoutMs) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const text = await response.text();
    return text === '' || text.endsWith('\n') ? text : `${text}\n`;
  } catch {
    // The process's own metrics are worth having without the other's; its absence shows as missing series.
    return '# the other metrics endpoint did not answer\n';
  }
}
