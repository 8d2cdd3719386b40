// Activities that do nothing but tell the bench that they ran.

/** What the bench hears from the worker: the reply to a message, or its code, left at this time. */
export interface BareNews {
  readonly messageId: string;
  readonly what: 'reply' | 'code';
  /** Milliseconds on the machine's monotonic clock. */
  readonly at: number;
}

export function createBareActivities(tell: (news: Omit<BareNews, 'at'>) => void) {
  return {
    async reply(messageId: string): Promise<void> { tell({ messageId, what: 'reply' }); },
    async sendCode(messageId: string): Promise<void> { tell({ messageId, what: 'code' }); },
    async lookUp(_messageId: string): Promise<boolean> { return true; },
    async check(_messageId: string): Promise<boolean> { return true; },
    async relay(_messageId: string): Promise<number> { return 1; },
  };
}

export type BareActivities = ReturnType<typeof createBareActivities>;
