import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { attempt } from '../../src/lab/run.ts';
import { bundle, root } from '../harness/ctplay.ts';

const setup = join(root, 'scripts/setup');
/** A user namespace without a mapping: the files are still ours, but we are nobody. */
const unprivileged = ['unshare', '--user'] as const;
const onAnotherSystem = ['unshare', '--mount', 'sh', '-c', 'mount --bind /dev/null /etc/os-release && exec "$@"', 'sh'] as const;

function run(words: readonly string[], environment: Record<string, string> = {}) {
  return attempt(words[0]!, words.slice(1), { environment });
}

describe('scripts/setup', () => {
  it.each(['demo', 'test'])('%s is silent and quick when nothing is missing', async (purpose) => {
    const started = performance.now();
    expect(await run([setup, purpose])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it.each([
    ['without root', [...unprivileged], /^Lab hosts need root: .*Vagrantfile.*\n$/],
    ['on another system', [...onAnotherSystem], /^Lab hosts need Debian, .*Vagrantfile.*\n$/],
  ])('says in one line %s what it cannot do', async (_, prefix, line) => {
    const { status, stderr } = await run([...prefix, setup, 'test']);
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringMatching(line) as string });
  });

  it('refuses other purposes', async () => {
    expect(await run([setup, 'production'])).toMatchObject({ status: 1, stderr: 'usage: scripts/setup demo|test\n' });
  });
});

describe('ctplay lab on a machine that can not run it', () => {
  const programs = mkdtempSync(join(tmpdir(), 'ctplay-programs-'));
  symlinkSync(process.execPath, join(programs, 'node'));
  afterAll(() => rmSync(programs, { recursive: true }));
  const up = ['node', bundle, 'lab', 'up', '--name', 'refused'];

  it('needs root', async () => {
    const { status, stderr } = await run([...unprivileged, ...up]);
    expect(stderr).toMatch(/a lab needs root[^]*Vagrantfile/);
    expect(status).toBe(1);
  });

  it('needs programs, and says which packages have them', async () => {
    const { status, stderr } = await run(up, { PATH: programs });
    expect(stderr).toMatch(/not installed[^]*apt-get install[^]*mmdebstrap/);
    expect(status).toBe(1);
  });
});
