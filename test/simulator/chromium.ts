// The Chromium in which the tests of the page look at it.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const executablePath = findChromium();

/** Tests that need one; skipped, with the reason, where there is none. */
export function describeInChromium(name: string, tests: () => void): void {
  if (executablePath === undefined) describe.skip(`${name} (skipped: there is no Chromium; CHROMIUM_PATH names one)`, tests);
  else describe(name, tests);
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath!, // whoever asks is within describeInChromium
    args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
  });
}

function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const candidates = named === undefined ? folders.flatMap((folder) => names.map((name) => join(folder, name))) : [named];
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
