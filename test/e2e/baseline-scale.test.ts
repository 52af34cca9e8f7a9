/** A fleet as large as a building's: all hosts are reset at the same time, and each is proven to be as it was. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeatView } from '../../src/events.ts';
import { eventsOf, startCtplay } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const size = 60;
const lab = withLab({ hosts: size, base: 'minimal' });
const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-scale-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ctplay = (...args: readonly string[]) => startCtplay([...args, '-i', lab().inventory], { env: { XDG_STATE_HOME: path.join(folder, 'state') } }).ended;

const mess = `set -e
ip link add br1 type bridge; ip addr add 10.60.0.1/24 dev br1; ip link set br1 up
ip link add m0 type veth peer name m1; ip link set m0 master br1
ip netns add c1; ip link set m1 netns c1; ip netns exec c1 sleep 86400 >/dev/null 2>&1 &
ip route add 10.70.0.0/16 via 10.60.0.2; sysctl -qw net.ipv4.ip_forward=1
useradd -m student; mkdir /etc/theirs; echo x >/etc/theirs/file; echo y >/etc/motd
setsid sleep 86400 >/dev/null 2>&1 </dev/null &`;

describe(`${size} hosts`, () => {
  beforeAll(async () => {
    const captured = await ctplay('baseline', 'capture');
    expect(captured, captured.stderr).toMatchObject({ status: 0, stderr: '' });
    expect(captured.stdout.split('\n').filter((line) => line.includes(": captured 'default'"))).toHaveLength(size);
  });

  it('are reset at once, each proven to be as it was', async () => {
    const made = await ctplay('exec', 'all', '-m', 'shell', '-a', mess);
    expect(made, made.stdout + made.stderr).toMatchObject({ status: 0 });
    const table = path.join(folder, 'seats.json');
    const reset = await ctplay('reset', '--to', 'baseline', '--output', 'plain', '--summary-file', table);
    expect(reset, reset.stdout).toMatchObject({ status: 0 });
    const seats = JSON.parse(readFileSync(table, 'utf8')) as SeatView[];
    expect(seats).toHaveLength(size);
    for (const seat of seats) {
      expect(seat).toMatchObject({ state: 'clean', left: 0 });
      expect(seat.changes).toBeGreaterThan(5);
    }
    const drift = await ctplay('drift');
    expect(drift, drift.stdout).toMatchObject({ status: 0, stderr: '' });
  });

  it('are only read by the next reset', async () => {
    const again = eventsOf(await ctplay('reset', '--to', 'baseline', '--output', 'json'));
    expect(again.filter((event) => event.type === 'task-end')).toEqual([]);
    const end = again.at(-1);
    expect(end?.type === 'run-end' && Math.max(...Object.values(end.roundTrips)), JSON.stringify(end)).toBeLessThanOrEqual(4);
  });
});
