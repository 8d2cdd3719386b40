// What an assistant says while its turn goes on: sent in order, beside the activity that listens to it.
import { condition, isCancellation, patched } from '@temporalio/workflow';
import type { ReplyOutcome } from '../../activities/chat';
import type { Conversation } from '../conversationContext';
import { enqueueNews } from '../conversationState';
import { decide } from '../io';

/** Sends the reply at a place, the first of its session or not; the conversation's own words for how that went. */
export type SayReply = (place: number, isFirst: boolean) => Promise<ReplyOutcome['outcome']>;

/** Sends what is told of one message's turn until `end`. Costs a conversation that is told of nothing no command. */
export class Meanwhile {
  /** Replies before this place are settled. */
  said = 0;
  /** Whether a reply is on its way. */
  isSaying = false;
  /** Whether a reply found the session over. */
  isWithheld = false;
  private isTold = false;
  private isOver = false;

  constructor(
    private readonly c: Conversation, private readonly messageId: string, private readonly sayReply: SayReply,
  ) {
    c.heedNow = (about) => this.heed(about);
  }

  /** Resolves when all that it was told of is sent. */
  quiet(): Promise<void> {
    return condition(() => !this.isSaying);
  }

  /** Sends nothing more. Nobody waits for what is on its way: its activity asks itself whether the session is open. */
  end(): void {
    this.isOver = true;
    delete this.c.heedNow;
  }

  /** Whether it takes the news; else they wait for their turn. */
  private heed(about: string): boolean {
    // Versioned: conversations from before sent nothing until the turn was whole.
    if (about !== this.messageId || this.isOver || !patched('said-meanwhile')) return false;
    this.isTold = true;
    if (!this.isSaying) {
      this.isSaying = true;
      this.sayAll().catch(passCancellation);
    }
    return true;
  }

  private async sayAll(): Promise<void> {
    const { senderId, session } = this.c.state;
    try {
      while (this.isTold && !this.isOver) {
        this.isTold = false;
        const news = await decide.readNews({ messageId: this.messageId, senderId, sessionId: session!.id });
        if (news.reaction === 'relay') await this.sayFrom(news.from, news.to);
        // Of a turn that goes on after its answer, which the conversation has not heard yet: it waits for that.
        else if (news.reaction !== 'nothing') enqueueNews(this.c.state, this.messageId);
      }
    } finally {
      this.isSaying = false;
    }
  }

  private async sayFrom(from: number, to: number): Promise<void> {
    for (let place = from; place < to && !this.isOver; place += 1) {
      this.isWithheld = await this.sayReply(place, this.said === 0) === 'withheld';
      // The session is over: the turn, when it is whole, says so.
      if (this.isWithheld) return this.end();
      this.said = place + 1;
    }
  }
}

function passCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}
