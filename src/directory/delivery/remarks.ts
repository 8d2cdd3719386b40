import type { FeedRemark } from '../directoryFeed';
import { findingsMax } from './findings';
import type { Findings } from './findings';

/** The first remarks of one kind, and how many there are. */
export class Remarks {
  readonly kept: FeedRemark[] = [];
  count = 0;

  add(remark: FeedRemark): void {
    this.addAll({ remarks: [remark], count: 1 });
  }

  addAll({ remarks, count }: Findings): void {
    this.count += count;
    this.kept.push(...remarks.slice(0, findingsMax - this.kept.length));
  }
}
