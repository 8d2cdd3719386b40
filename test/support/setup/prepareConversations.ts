// provisional
export async function prepareConversations(): Promise<() => Promise<void>> { return async () => undefined; }
