import { existsSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { CtplayError } from '../../src/errors.ts';
import { cgroupProcesses } from '../../src/lab/cgroups.ts';
import { down, list, prune, up } from '../../src/lab/lab.ts';
import { cgroupName, labFiles, labPaths, ruleComment, uplinkName, type LabRecord } from '../../src/lab/layout.ts';
import { run } from '../../src/lab/run.ts';
import { initOf, writeRecord } from '../../src/lab/state.ts';
import { removeTestLab, startTestLab, withLab, type TestLab } from '../harness/lab.ts';
import { noTraces, traces } from '../harness/lab-traces.ts';

const again = (lab: TestLab) => up({ name: lab.name, inventory: lab.inventory });

async function number(lab: TestLab): Promise<number> {
  return (await list()).find(({ record }) => record.name === lab.name)!.record.number;
}

/** Without a file system that can carry an overlay, disks are in memory and end with the lab's processes. */
async function keepsDisks(): Promise<boolean> {
  return (await run('stat', ['-fc', '%T', labPaths().state])).trim() !== 'overlayfs';
}

describe('a lab of two hosts', () => {
  const lab = withLab();

  it('has systemd running as on a VM, with nothing failed', async () => {
    expect(await lab().output('host1', 'systemctl is-system-running --wait')).toBe('running');
    expect(await lab().output('host1', 'cat /proc/1/comm; hostname')).toBe('systemd\nhost1');
    expect(await lab().output('host1', 'cat /proc/sys/net/ipv4/ip_forward')).toBe('0');
  });

  it('has the underlay on eth1 and names for the peers', async () => {
    expect(await lab().output('host1', 'ip -br -4 address show dev eth1')).toMatch(/10\.0\.0\.3\/24/);
    expect((await lab().exec('host1', 'ping -c 1 -W 2 10.0.0.4 && ping -c 1 -W 2 host2')).status).toBe(0);
  });

  it('lets an ordinary login in with sudo, as on Vagrant boxes', async () => {
    expect(await lab().output('vagrant@host1', 'id -un; sudo -n id -un')).toBe('vagrant\nroot');
  });

  it('has identities of its own per host', async () => {
    const identity = 'cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub';
    expect(await lab().output('host1', identity)).not.toBe(await lab().output('host2', identity));
  });

  it('installs packages from the archive and starts their daemons', async () => {
    const install = 'export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && apt-get install -y -qq --no-install-recommends cron';
    expect((await lab().exec('host1', install)).status).toBe(0);
    expect(await lab().output('host1', 'systemctl is-active cron; systemctl is-enabled cron')).toBe('active\nenabled');
    expect(await lab().output('host1', 'stat -c %U:%a /var/cache/apt/archives /etc /root /home/vagrant')).toBe('root:755\nroot:755\nroot:700\nvagrant:755');
  });

  it('writes an inventory whose key only its owner reads', async () => {
    expect((await stat(join(lab().inventory, '.id_ed25519'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(lab().inventory, '.known_hosts'), 'utf8')).toContain(lab().hosts[1]!.managementAddress);
    expect(await readFile(join(lab().inventory, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('is left alone by a second up', async () => {
    const before = await initOf(lab().name);
    expect((await again(lab())).changes).toEqual([]);
    expect(await initOf(lab().name)).toBe(before);
  });

  it('refuses to become a lab of another size', async () => {
    const bigger = up({ name: lab().name, hosts: 3, inventory: lab().inventory });
    await expect(bigger).rejects.toMatchObject({ code: 'lab.state', details: { found: '2 hosts of base minimal' } });
  });

  it('reboots: memory is lost, the disk and applied network settings stay', async () => {
    await lab().output('host1', 'touch /run/before /root/kept; echo net.ipv4.ip_forward=1 > /etc/sysctl.d/router.conf');
    await lab().exec('host1', 'systemctl reboot');
    await expect
      .poll(async () => (await lab().exec('host1', 'ls /root/kept /run/before 2>/dev/null; cat /proc/sys/net/ipv4/ip_forward')).stdout, { timeout: 20_000, interval: 300 })
      .toBe('/root/kept\n1\n');
    expect((await lab().exec('host1', 'ping -c 1 -W 2 10.0.0.4')).status).toBe(0);
  });

  it('takes several ups at once', async () => {
    process.kill((await initOf(lab().name))!, 'SIGKILL');
    const changes = (await Promise.all([again(lab()), again(lab()), again(lab())])).flatMap((result) => result.changes);
    expect(changes).toEqual(['started the hosts']);
  });

  it('is mended by up after a power-off', async () => {
    await lab().exec('host2', 'systemctl poweroff');
    await expect.poll(async () => (await list()).find(({ record }) => record.name === lab().name)?.hosts[1]?.power, { timeout: 20_000 }).toBe('off');
    expect((await again(lab())).changes).toEqual(['switched host2 on']);
    expect(await lab().output('host2', 'hostname')).toBe('host2');
  });

  it('is mended by up after its processes were killed', async () => {
    await lab().output('host1', 'touch /root/kept && sync');
    process.kill((await initOf(lab().name))!, 'SIGKILL');
    expect((await again(lab())).changes).toEqual(['started the hosts']);
    expect(await lab().output('host1', 'ls /root/kept 2>/dev/null || :')).toBe((await keepsDisks()) ? '/root/kept' : '');
  });

  it('is mended by up after the process that boots a host was killed', async () => {
    const supervisor = (await cgroupProcesses(`${cgroupName(lab().name)}/lab`)).find((pid) => commandLine(pid).includes('scripts/host.sh host1'));
    process.kill(supervisor!, 'SIGKILL');
    expect((await again(lab())).changes[0]).toMatch(/restarted the hosts/);
    expect(await lab().output('host1', 'hostname')).toBe('host1');
  });

  it('is mended by up after its uplink and its rules were removed', async () => {
    await run('ip', ['link', 'del', uplinkName(await number(lab()))]);
    const rules = (await run('iptables', ['-t', 'nat', '-S'])).split('\n').filter((rule) => rule.includes(ruleComment(lab().name)));
    for (const rule of rules) await run('iptables', ['-t', 'nat', ...rule.replace(/^-A/, '-D').replaceAll('"', '').split(' ')]);
    expect((await again(lab())).changes).toEqual(['restored the uplink', 'restored the iptables rules']);
    expect((await lab().exec('host1', 'getent hosts deb.debian.org')).status).toBe(0);
  });

  it('gets back an inventory that was deleted', async () => {
    await rm(lab().inventory, { recursive: true });
    expect((await again(lab())).changes).toEqual([`wrote ${lab().inventory}`]);
    expect(existsSync(join(lab().inventory, 'hosts.yml'))).toBe(true);
  });

  it('does not overwrite an inventory that is not its own', async () => {
    const file = join(lab().inventory, 'hosts.yml');
    const own = await readFile(file, 'utf8');
    await writeFile(file, 'all:\n');
    await expect(again(lab())).rejects.toMatchObject({ code: 'lab.state' });
    expect(await readFile(file, 'utf8')).toBe('all:\n');
    await writeFile(file, own);
  });

  it('is not touched by a lab of the same name with other files', async () => {
    const paths = { ...labPaths(), state: `${labPaths().state}-other` };
    await expect(down(lab().name, paths)).rejects.toBeInstanceOf(CtplayError);
    expect(await initOf(lab().name)).toBeDefined();
  });
});

describe('several labs', () => {
  const labs: TestLab[] = [];
  afterEach(async () => {
    for (const lab of labs.splice(0)) await removeTestLab(lab.name);
  });

  it('run side by side with the same underlay addresses and do not see each other', async () => {
    labs.push(...(await Promise.all([startTestLab({ hosts: 2 }), startTestLab({ hosts: 1 })])));
    const [two, one] = labs as [TestLab, TestLab];
    expect((await two.exec('host1', 'ping -c 1 -W 2 10.0.0.4')).status).toBe(0);
    expect((await one.exec('host1', 'ping -c 1 -W 1 10.0.0.4')).status).not.toBe(0);
    expect(await number(two)).not.toBe(await number(one));
  });

  it('leave nothing behind', async () => {
    const lab = await startTestLab();
    const id = await number(lab);
    const during = await traces(lab.name, id);
    expect(during.processes.length).toBeGreaterThan(10);
    expect(during).toMatchObject({ links: [uplinkName(id)], folders: [labFiles(labPaths(), lab.name).root] });
    expect(during.rules).toHaveLength(3);
    expect(during.mounts.length).toBeGreaterThan(0);
    expect(during.cgroups.length).toBeGreaterThan(0);
    await removeTestLab(lab.name);
    expect(existsSync(lab.inventory)).toBe(false);
    expect(await traces(lab.name, id)).toEqual(noTraces);
  });

  it('take over the packages that earlier ones downloaded', async () => {
    const lab = await startTestLab({ hosts: 1 });
    labs.push(lab);
    await lab.output('host1', 'apt-get update -qq && apt-get install -qq --download-only --no-install-recommends hello');
    await removeTestLab(lab.name);
    labs.push(await startTestLab({ hosts: 1 }));
    expect(await labs.at(-1)!.output('host1', 'ls /var/cache/apt/archives/hello_*.deb 2>/dev/null || :')).toMatch((await keepsDisks()) ? /hello_/ : /^$/);
  });

  it('are found and removed when their files are lost', async () => {
    const lab = await startTestLab({ hosts: 1 });
    const id = await number(lab);
    await rm(labFiles(labPaths(), lab.name).root, { recursive: true, force: true }).catch(() => undefined);
    await removeTestLab(lab.name);
    expect(await traces(lab.name, id)).toEqual(noTraces);
  });
});

describe('prune', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctplay-prune-'));
  afterAll(() => rm(folder, { recursive: true }));

  it('removes the trees that no lab has, and the packages', async () => {
    const paths = { state: join(folder, 'state'), cache: join(folder, 'cache') };
    const used = join(paths.cache, 'base-minimal-used');
    const record: LabRecord = { name: 'one', number: 0, hosts: 1, base: 'minimal', baseTree: used, inventories: [] };
    await mkdir(labFiles(paths, record.name).root, { recursive: true });
    await writeRecord(paths, record);
    for (const entry of ['base-minimal-used', 'base-minimal-old', 'base-full-half.building', 'packages']) await mkdir(join(paths.cache, entry), { recursive: true });
    expect((await prune(paths)).sort()).toEqual(['base-full-half.building', 'base-minimal-old']);
    expect(readdirSync(paths.cache).sort()).toEqual(['base-minimal-used', 'full.lock', 'labs.lock', 'minimal.lock']);
  });
});

function commandLine(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}
