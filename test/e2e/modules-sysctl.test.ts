import { afterAll, beforeAll, expect, it } from 'vitest';
import sysctl from '../../modules/sysctl.ts';
import { applyLocally, revertLocally } from '../harness/module.ts';
import { startNetHost, type NetHost } from '../harness/nethost.ts';

let host: NetHost;
beforeAll(async () => {
  host = await startNetHost('sysctl');
});
afterAll(() => host.stop());

const file = '/var/lib/90-lab.conf';
const args = (over: Record<string, unknown> = {}) => ({ name: 'net.ipv4.ip_forward', value: '1', state: 'present', sysctl_file: file, sysctl_set: false, reload: true, ignoreerrors: false, ...over }) as never;
const apply = (over?: Record<string, unknown>) => applyLocally(sysctl, args(over), host.options);
const value = () => host.sh('cat /proc/sys/net/ipv4/ip_forward').trim();

it('sets a parameter now and for later, and puts both back', async () => {
  host.sh(`echo 0 >/proc/sys/net/ipv4/ip_forward; echo '# mine' >${file}`);
  const { before } = await apply();
  expect([value(), host.sh(`cat ${file}`)]).toEqual(['1', '# mine\nnet.ipv4.ip_forward=1\n']);
  expect((await apply()).changes).toEqual([]);
  revertLocally(sysctl, args(), before, host.options);
  expect([value(), host.sh(`cat ${file}`)]).toEqual(['0', '# mine\n']);
  expect(revertLocally(sysctl, args(), before, host.options)).toEqual([]);
});

it('mends drift in the kernel when asked to', async () => {
  await apply();
  host.sh('echo 0 >/proc/sys/net/ipv4/ip_forward');
  expect((await apply()).changes).toEqual([]);
  const { changes, leftover } = await apply({ sysctl_set: true });
  expect([changes.length, leftover, value()]).toEqual([1, [], '1']);
});

it('works without procps', async () => {
  host.sh('mount --bind /dev/null "$(readlink -f /usr/sbin/sysctl)"');
  const over = { name: 'net.ipv4.conf.lo.forwarding', value: '1', sysctl_set: true };
  expect((await apply(over)).leftover).toEqual([]);
  expect(host.sh('cat /proc/sys/net/ipv4/conf/lo/forwarding').trim()).toBe('1');
});

it('refuses what the kernel does not know', async () => {
  await expect(apply({ name: 'net.ipv4.nonsense' })).rejects.toThrow(/has no parameter net\.ipv4\.nonsense/);
});
