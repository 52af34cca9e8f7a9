import { beforeAll, describe, expect, it } from 'vitest';
import attachVeth from '../../modules/attach_veth.ts';
import createBridge from '../../modules/create_bridge.ts';
import reachable from '../../modules/reachable.ts';
import { withLab } from '../harness/lab.ts';
import { argumentsOf as args, openSession, type LabSession } from '../harness/lab-module.ts';
import { applyLocally, planOf, readFacts, revertLocally } from '../harness/module.ts';

// Docker's and LXC's containers, on a host where both run.
const lab = withLab({ hosts: 1, base: 'full' });
let host: LabSession;
const attach = (given: Record<string, unknown>) => applyLocally(attachVeth, args(attachVeth, { bridge: 'br0', ...given }), host.options);
const reach = (given: Record<string, unknown>) => {
  const question = args(reachable, { timeout: 3, ...given });
  return planOf(reachable, question, readFacts(reachable.facts(question, undefined), host.options));
};

beforeAll(async () => {
  host = openSession(lab(), 0);
  host.sh('systemctl start docker openvswitch-switch && tar -C / -c bin/busybox | docker import -c \'CMD ["/bin/busybox", "sleep", "1000000"]\' - box >/dev/null');
  const run = await applyLocally(createBridge, args(createBridge, { name: 'br0', type: 'ovs', addresses: ['172.30.0.1/24'] }), host.options);
  expect(run.leftover).toEqual([]);
});

describe('a Docker container', () => {
  it('is plugged in by name, found again after a restart, and let go', async () => {
    host.sh('docker run -d --name c1 --network none box >/dev/null');
    const wanted = { container: 'c1', address: '172.30.0.100/24', gateway: '172.30.0.1' };
    const first = await attach(wanted);
    expect(first.leftover).toEqual([]);
    expect(host.sh('ping -c 1 -W 2 172.30.0.100')).toContain('1 received');
    expect(host.sh('docker exec c1 /bin/busybox ip route')).toContain('default via 172.30.0.1 dev eth0');
    expect((await attach(wanted)).changes).toEqual([]);
    host.sh('docker restart -t 0 c1 >/dev/null');
    const mended = await attach(wanted);
    expect(mended.changes).toHaveLength(1);
    expect(mended.leftover).toEqual([]);
    expect(reach({ container: 'c1', to: '172.30.0.1' })).toEqual([]);
    revertLocally(attachVeth, args(attachVeth, { bridge: 'br0', ...wanted }), first.before, host.options);
    expect(host.sh('ip -o link; ovs-vsctl show')).not.toContain('c1-eth0');
  });

  it('is plugged in by the beginning of its id, beside the network of Docker', async () => {
    const id = host.sh('docker run -d --name c2 box').slice(0, 12);
    await expect(attach({ container: id })).rejects.toThrow(/has an interface eth0 already/);
    const run = await attach({ container: id, interface: 'eth1', address: '172.30.0.102/24', tag: 7 });
    expect(run.leftover).toEqual([]);
    const cards = host.sh('docker exec c2 /bin/busybox ip -o link');
    expect([cards.includes(' eth0@'), cards.includes(' eth1@')]).toEqual([true, true]);
  });

  it('is missed, and found stopped, and with the network of its host', async () => {
    await expect(attach({ container: 'nope' })).rejects.toThrow(/there is no container nope on this host/);
    host.sh('docker create --name idle --network none box >/dev/null; docker run -d --name open --network host box >/dev/null');
    await expect(attach({ container: 'idle' })).rejects.toThrow(/container idle is not running/);
    await expect(attach({ container: 'open' })).rejects.toThrow(/container open has no network of its own/);
    expect(() => reach({ container: 'idle', to: '172.30.0.1' })).toThrow(/container idle is not running/);
    expect(() => reach({ container: 'nope', to: '172.30.0.1' })).toThrow(/there is no container nope/);
  });

  it('cannot be told of by a daemon that is down', async () => {
    host.sh('systemctl stop docker.socket docker');
    await expect(attach({ container: 'c1' })).rejects.toThrow(/daemon of Docker does not run/);
    host.sh('systemctl start docker');
  });
});

describe('an LXC container', () => {
  it('is plugged in, reaches its gateway, and is told when it is stopped', async () => {
    host.sh("lxc-create -n box -t busybox >/dev/null 2>&1 && sed -i '/^lxc.net/d' /var/lib/lxc/box/config && echo 'lxc.net.0.type = empty' >>/var/lib/lxc/box/config && lxc-start -n box && lxc-wait -n box -s RUNNING -t 10");
    const run = await attach({ lxc: 'box', interface: 'lan0', address: '172.30.0.110/24', gateway: '172.30.0.1' });
    expect(run.changes.map((change) => change.subject)).toEqual(['lan0 of LXC container box']);
    expect(run.leftover).toEqual([]);
    expect(reach({ lxc: 'box', to: '172.30.0.1' })).toEqual([]);
    host.sh('lxc-stop -k -n box');
    await expect(attach({ lxc: 'box', interface: 'lan0' })).rejects.toThrow(/LXC container box is not running/);
    await expect(attach({ lxc: 'nope' })).rejects.toThrow(/there is no LXC container nope/);
    expect((await attach({ lxc: 'box', interface: 'lan0', state: 'absent' })).leftover).toEqual([]);
    expect(host.sh('ovs-vsctl show')).not.toContain('box-lan0');
  });
});
