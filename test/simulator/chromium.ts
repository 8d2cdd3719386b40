// The Chromium in which the tests of the page look at it.
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

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

export const onDesktop = { viewport: { width: 1280, height: 800 } } as const;
export const onPhone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const;

export interface Pages {
  /** What pages complained of: nothing, after each test. A test that provokes something takes it out. */
  readonly problems: string[];
  /** The page, live, in a context of its own. */
  open(options: BrowserContextOptions, hash?: string): Promise<Page>;
  /** An empty one. */
  blank(options: BrowserContextOptions): Promise<Page>;
  take(page: Page, name: string): Promise<unknown>;
}

/** Pages of the simulator at `urlOf`, for the tests of the block that calls it; closed after each. */
export function usePages(name: string, urlOf: () => string): Pages {
  let browser: Browser;
  const problems: string[] = [];
  // Kept after the test: they are what the page looks like.
  const pictures = mkdtempSync(join(tmpdir(), `doorman-${name}-`));

  beforeAll(async () => { browser = await launchChromium(); });
  afterAll(() => browser.close());
  beforeEach(() => { problems.length = 0; });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    expect(problems).toEqual([]);
  });

  const blank = async (options: BrowserContextOptions) => (await browser.newContext(options)).newPage();
  return {
    problems, blank,
    async open(options, hash = '') {
      const page = await blank(options);
      page.setDefaultTimeout(45_000);
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      await page.goto(`${urlOf()}/${hash}`);
      await page.getByRole('status').getByText('Live').waitFor();
      return page;
    },
    take: (page, picture) => page.screenshot({ path: join(pictures, `${picture}.png`) }),
  };
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
