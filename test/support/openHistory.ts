// Reads the history of a run: the messages it was told of and what its activities came to, with payloads opened.
import type { Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { PurposeKeys } from '../../src/keys/keyring';
import { createPayloadCodec } from '../../src/temporal/payloadCodec';

export type History = temporal.api.history.v1.IHistory;
type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

export interface OpenHistory {
  /** In order of arrival. */
  readonly messageIds: readonly string[];
  /** In order of completion; a failed activity has no result. */
  readonly activities: readonly { readonly type: string; readonly input?: unknown; readonly result?: unknown }[];
}

export async function openHistory(keys: PurposeKeys, { events }: History): Promise<OpenHistory> {
  const codec = createPayloadCodec(keys);
  const open = async (payloads: Payloads): Promise<unknown> => {
    const [payload] = await codec.decode((payloads?.payloads ?? []) as Payload[]);
    return payload?.data?.length ? JSON.parse(Buffer.from(payload.data).toString()) as unknown : undefined;
  };
  const messageIds: string[] = [];
  const activities: { type: string; input?: unknown; result?: unknown }[] = [];
  const scheduled = new Map<string, { type: string; input: unknown }>();
  for (const event of events ?? []) {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal) messageIds.push((await open(signal.input) as { messageId: string }).messageId);
    const asked = event.activityTaskScheduledEventAttributes;
    if (asked) scheduled.set(String(event.eventId), { type: asked.activityType!.name!, input: await open(asked.input) });
    const done = event.activityTaskCompletedEventAttributes;
    if (done) activities.push({ ...scheduled.get(String(done.scheduledEventId))!, result: await open(done.result) });
    const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    if (failed) activities.push(scheduled.get(String(failed.scheduledEventId))!);
    const marker = event.markerRecordedEventAttributes;
    if (marker?.markerName === 'core_local_activity') {
      const { activity_type: type } = await open(marker.details?.data) as { activity_type: string };
      activities.push({ type, ...(marker.failure ? {} : { result: await open(marker.details?.result) }) });
    }
  }
  return { messageIds, activities };
}
