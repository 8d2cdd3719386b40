import { createTurns } from '../../../src/directory/sync/turns';

const never = new AbortController().signal;

/** Works that end when they are told to, and which of them were begun. */
function works() {
  const inTurn = createTurns(2);
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const run = (name: string, signal = never) => inTurn(signal, () => {
    begun.push(name);
    return new Promise<string>((resolve, reject) => {
      ends.set(name, (error) => { if (error === undefined) resolve(name); else reject(error); });
    });
  });
  return { begun, run, end: (name: string, error?: Error) => ends.get(name)!(error) };
}

test('two are applied at a time, the next when one of them has ended or failed', async () => {
  const { begun, run, end } = works();
  const [first, second, third, fourth] = ['a', 'b', 'c', 'd'].map((name) => run(name));
  await Promise.resolve();
  expect(begun).toEqual(['a', 'b']);
  end('b', new Error('broke'));
  await expect(second).rejects.toThrow('broke');
  expect(begun).toEqual(['a', 'b', 'c']);
  end('a');
  expect(await first).toBe('a');
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  end('c');
  end('d');
  expect(await Promise.all([third, fourth])).toEqual(['c', 'd']);
  const fifth = run('e');
  await Promise.resolve();
  end('e');
  expect(await fifth).toBe('e');
});

test('one that is told to stop while it waits is not begun, and holds up nobody', async () => {
  const { begun, run, end } = works();
  const stopping = new AbortController();
  const running = [run('a'), run('b')];
  const stopped = run('c', stopping.signal);
  const last = run('d');
  stopping.abort(new Error('stop'));
  await expect(stopped).rejects.toThrow('stop');
  await expect(run('e', stopping.signal)).rejects.toThrow('stop');
  end('a');
  await running[0];
  expect(begun).toEqual(['a', 'b', 'd']);
  end('b');
  end('d');
  expect(await Promise.all([...running, last])).toEqual(['a', 'b', 'd']);
});
